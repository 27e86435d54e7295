"""The wall's own look: dark whatever the setting, sized by the window so that all fits one screen."""

from __future__ import annotations

WALL_CSS = """
<style>
/* 1920 px across: 1vw is 19.2 px. Print of 1.45vw is read from four metres on a screen of 55 inches. */
[data-testid=stHeader], [data-testid=stToolbar], [data-testid=stSidebar], [data-testid=stDecoration],
[data-testid=stStatusWidget] { display: none !important; }
[data-testid=stApp] { background: #0B1017; color-scheme: dark; }
[data-testid=stMain] { overflow: hidden; }
[data-testid=stMainBlockContainer] { padding: 1.2vw 1.6vw !important; max-width: none !important; }
.cl-wall { color: #E7ECF3; font-size: 1.45vw; line-height: 1.35; font-variant-numeric: tabular-nums; }
.cl-wall * { color: inherit; }
.cl-wall h1 {
    font-size: 2.3vw; margin: 0; padding: 0; font-weight: 700; white-space: nowrap; line-height: 1.2;
}
.cl-wall h1 small { font-size: 1.5vw; font-weight: 400; margin-left: 1vw; color: #B8C3D1; }
.cl-wall h2 { font-size: 1.6vw; margin: 0 0 .4vw; padding: 0; font-weight: 650; color: #B8C3D1; }
.cl-wall p { margin: 0; font-size: 1.15vw; color: #B8C3D1; }
.cl-wall-head {
    display: flex; justify-content: space-between; align-items: center; gap: 2vw; margin-bottom: 1vw;
}
.cl-wall-head p { text-align: right; font-size: 1.05vw; }
.cl-wall-stopped {
    background: #E7ECF3; font-size: 1.6vw; font-weight: 700; padding: .4vw 1vw; margin-bottom: .8vw;
    border-radius: .3vw;
}
.cl-wall .cl-wall-stopped { color: #10151D; }
.cl-wall-body { display: grid; grid-template-columns: 25fr 45fr 30fr; gap: 1.6vw; }
.cl-wall-side { display: flex; flex-direction: column; gap: 1.2vw; min-width: 0; }
.cl-wall section { background: #131B26; border-radius: .5vw; padding: .9vw 1.1vw; min-width: 0; }
.cl-wall .cl-wall-figure { font-size: 6vw; font-weight: 700; line-height: 1.05; color: #E7ECF3; }
.cl-wall ul { list-style: none; margin: 0; padding: 0 !important; }
.cl-wall li { margin: 0; }
.cl-wall-colours li {
    display: flex; justify-content: space-between; align-items: baseline; font-size: 1.7vw;
}
.cl-wall-colours b { font-size: 2.3vw; line-height: 1.25; }
.cl-wall .cl-red, .cl-wall .cl-red * { color: #FF8A80; }
.cl-wall .cl-yellow, .cl-wall .cl-yellow * { color: #E3B341; }
.cl-wall .cl-blue, .cl-wall .cl-blue * { color: #8AB9FF; }
.cl-wall-signals li { padding: .55vw 0; border-bottom: 1px solid #2A3747; font-size: 1.4vw; }
.cl-wall table { width: 100%; border-collapse: collapse; margin: 0; }
.cl-wall th, .cl-wall td {
    border: 0; border-bottom: 1px solid #2A3747; padding: .22vw .4vw; text-align: right; font-weight: 600;
}
.cl-wall th { font-weight: 400; }
.cl-wall thead th { font-size: 1.1vw; color: #B8C3D1; white-space: nowrap; }
.cl-wall th:first-child { text-align: left; }
.cl-wall th small { font-size: .95vw; margin-left: .6vw; color: #B8C3D1; white-space: nowrap; }
.cl-wall-grid { display: grid; gap: 1.4vw; }
.cl-wall-grid.cl-wall-2 { grid-template-columns: 1fr 1fr; font-size: 1.05vw; }
.cl-wall-grid td { font-size: 1.5vw; white-space: nowrap; }
@media (max-width: 900px) {
    /* Not its place, but still to be read: one column, print of the page. */
    [data-testid=stMain] { overflow: auto; }
    .cl-wall, .cl-wall * { font-size: 1rem !important; }
    .cl-wall .cl-wall-figure { font-size: 3rem !important; }
    .cl-wall h1 { font-size: 1.3rem !important; white-space: normal; }
    .cl-wall-head { flex-wrap: wrap; }
    .cl-wall-head p { text-align: left; }
    .cl-wall-body, .cl-wall-grid.cl-wall-2 { grid-template-columns: minmax(0, 1fr); gap: 1rem; }
}
</style>
"""
