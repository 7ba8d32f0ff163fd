/** Colours by what they stand for, of a light and of a dark background. */
export const colours = `:root{color-scheme:light dark;--bg:#f6f7f9;--card:#fff;--line:#dfe3e8;--text:#1b2430;--dim:#5b6775;--link:#0b5cad;--ok:#1a7f45;--late:#8f5a00;--stale:#b3470b;--bad:#c22b2b;--unknown:#6b7684;--a:#2563c9;--b:#7b9fe6;--c:#c4571a;--d:#7a4bc2;--track:#e8ecf1;--code:#eef1f5}
@media(prefers-color-scheme:dark){:root{--bg:#0e1319;--card:#161d26;--line:#2a343f;--text:#e4e9ef;--dim:#9aa7b5;--link:#7fb6ff;--ok:#4cc07d;--late:#e0a63c;--stale:#f08a4b;--bad:#ff7a74;--unknown:#93a0ae;--a:#6ea8ff;--b:#41649c;--c:#f2965a;--d:#b794f4;--track:#26303b;--code:#212a35}}`

/** How the picture of the pipeline is drawn, in the page and as a file of its own. */
export const pictureStyle = `svg text{fill:var(--dim);font-size:11px}.end{text-anchor:end}
.node .box{fill:var(--bg);stroke:var(--line)}.node .side{fill:var(--unknown)}.node.OK .side{fill:var(--ok)}.node.LATE .side{fill:var(--late)}.node.STALE .side{fill:var(--stale)}.node.DEGRADED .side{fill:var(--bad)}.node.DEGRADED .box{stroke:var(--bad)}
svg .nodename{fill:var(--text);font-size:12.5px;font-weight:600}svg .nodefact{font-size:12px}svg .nodestatus{font-size:11px;font-weight:600}.OK .nodestatus{fill:var(--ok)}.LATE .nodestatus{fill:var(--late)}.STALE .nodestatus{fill:var(--stale)}.DEGRADED .nodestatus{fill:var(--bad)}
.edge{stroke:var(--dim);fill:none}.head{fill:var(--dim)}.edge.bad{stroke:var(--bad)}.head.bad{fill:var(--bad)}svg .edgelabel{text-anchor:middle;fill:var(--text);font-size:11.5px}`
