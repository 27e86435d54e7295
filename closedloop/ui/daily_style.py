"""How the daily table looks on a screen, on a phone and on paper."""

DAILY_CSS = """
<style>
.cl-counts { display: flex; flex-wrap: wrap; gap: .2rem 1.4rem; list-style: none; margin: 0 !important;
    padding: 0 !important; }
.cl-counts li { margin: 0; font-size: .92rem; font-variant-numeric: tabular-nums; }
.cl-counts small, .cl-station small { opacity: .75; font-weight: 400; }
.cl-station h3 { font-size: 1.1rem; margin: 1.2rem 0 .3rem; padding: 0; }
.cl-daily { border-collapse: collapse; width: 100%; font-size: .85rem; font-variant-numeric: tabular-nums; }
.cl-daily th, .cl-daily td {
    border: 1px solid color-mix(in srgb, currentColor 25%, transparent); padding: .25rem .45rem;
    text-align: left; vertical-align: top; overflow-wrap: anywhere;
}
.cl-daily th { font-weight: 600; }
@media not screen, (min-width: 641px) {
    /* The same columns at every station. */
    .cl-daily { table-layout: fixed; }
    .cl-daily th:nth-child(1) { width: 10%; }
    .cl-daily th:nth-child(2) { width: 12%; }
    .cl-daily th:nth-child(3) { width: 10%; }
    .cl-daily th:nth-child(5) { width: 12%; }
}
.cl-daily td span { display: block; }
.cl-print-head { display: none; }
@media screen and (max-width: 640px) {
    .cl-daily, .cl-daily tbody, .cl-daily tr, .cl-daily td { display: block; }
    .cl-daily thead { display: none; }
    .cl-daily tr { border: 1px solid color-mix(in srgb, currentColor 25%, transparent); margin: 0 0 .6rem;
        padding: .3rem .5rem; }
    .cl-daily td { border: 0; padding: .12rem 0 .12rem 6.5rem; position: relative; min-height: 1.3rem;
        white-space: normal !important; }
    .cl-daily td::before { content: attr(data-label); position: absolute; left: 0; width: 6.2rem;
        opacity: .75; overflow-wrap: anywhere; }
    .cl-daily td span { display: inline; }
    .cl-daily td span + span::before, .cl-daily td span + b::before { content: " · "; }
}
.cl-station p { display: none; }
@page {
    size: A4 landscape; margin: 10mm 10mm 12mm;
    @bottom-right { content: counter(page) " / " counter(pages); font-size: 8pt; }
}
@media print {
    .stApp, [data-testid=stAppViewContainer], [data-testid=stMain], [data-testid=stMainBlockContainer],
    [data-testid=stVerticalBlock], [data-testid=stElementContainer], #root, #root > div {
        display: block !important; position: static !important; overflow: visible !important;
        height: auto !important; max-height: none !important; width: auto !important;
        max-width: none !important; padding: 0 !important; gap: 0 !important;
    }
    [data-testid=stSidebar], [data-testid=stSidebarCollapsedControl], [data-testid=stHeader],
    [data-testid=stToolbar], [data-testid=stExpandSidebarButton], .st-key-menu, .st-key-screen,
    [data-testid=stHeading], [data-testid=stAlert] { display: none !important; }
    html, body, .stApp, .stApp * { background: #fff !important; color: #000 !important; }
    .cl-print-head { display: block; }
    .cl-print-head h1 { font-size: 15pt; margin: 0; padding: 0; }
    .cl-print-head p { font-size: 9pt; margin: 0 0 3mm; }
    /* Each station gets its own sheet: it says what it is, and as of when. */
    .cl-station p { display: block; font-size: 9pt; margin: 0 0 2mm; }
    .cl-station:first-of-type p { display: none; }
    .cl-station h3 { margin: 0; }
    .cl-station { break-before: page; }
    .cl-station:first-of-type { break-before: auto; }
    .cl-station h3 { break-after: avoid; }
    .cl-daily { font-size: 8pt; line-height: 1.25; }
    .cl-daily td:nth-child(4) span { white-space: nowrap; }
    .cl-daily th, .cl-daily td { padding: .5mm 1.2mm; }
    .cl-daily td span { display: inline; }
    .cl-daily td span + span::before, .cl-daily td span + b::before { content: " · "; }
    .cl-daily thead { display: table-header-group; }
    .cl-daily tr { break-inside: avoid; }
    .cl-daily a { text-decoration: none; }
}
</style>
"""
