"""Charts as pure functions: (frame, texts) in, a ready Vega-Lite specification out. No Streamlit here."""
