import { colours, pictureStyle } from './pictureStyle.js'

/**
 * The page's style sheet; its hash is in the policy, so nothing else styles the page. What is far below the window is not
 * laid out before the first paint; after it the script has all of it laid out (`whole`), so that nothing moves when the
 * page renews itself.
 */
export const style = `
${colours}
*{box-sizing:border-box}
html{scroll-behavior:smooth}
@media(prefers-reduced-motion:reduce){html{scroll-behavior:auto}}
body{margin:0;background:var(--bg);color:var(--text);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;font-variant-numeric:tabular-nums}
a{color:var(--link);text-decoration-thickness:1px;text-underline-offset:2px}
a:focus-visible,button:focus-visible,textarea:focus-visible,summary:focus-visible,[tabindex]:focus-visible{outline:2px solid var(--link);outline-offset:2px;border-radius:4px}
.skip{position:absolute;left:-99rem}.skip:focus{left:1rem;top:.5rem;background:var(--card);padding:.5rem 1rem;z-index:2}
header,main,footer{max-width:1160px;margin:0 auto;padding:0 20px}
header{display:flex;flex-wrap:wrap;gap:8px 20px;align-items:baseline;padding-top:18px;padding-bottom:14px}
h1{font-size:19px;margin:0;letter-spacing:-.01em}h1 small{font-weight:400;color:var(--dim);font-size:13px;margin-left:8px;overflow-wrap:anywhere}
nav{margin-left:auto;display:flex;gap:4px}
nav a{padding:3px 11px;border-radius:6px;color:var(--text);text-decoration:none}
nav a:hover{background:var(--track)}nav a[aria-current]{background:var(--text);color:var(--card)}
main>section{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:16px 20px;margin:0 0 14px;min-width:0}
main>section:not(.verdict){content-visibility:auto;contain-intrinsic-size:auto 420px}.whole main>section:not(.verdict){content-visibility:visible}
h2{font-size:16px;margin:0 0 10px;letter-spacing:-.005em}h2 small{font-weight:400;font-size:13px;margin-left:6px}h2 code{font-weight:600}
h3{font-size:14px;margin:14px 0 8px;overflow-wrap:anywhere}main>section>h3:first-child{margin-top:0}
.dim{color:var(--dim)}.bad{color:var(--bad)}.hidden{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
.verdict{border-left-width:5px!important}.verdict.OK{border-left-color:var(--ok)!important}.verdict.LATE{border-left-color:var(--late)!important}.verdict.STALE{border-left-color:var(--stale)!important}.verdict.DEGRADED{border-left-color:var(--bad)!important}.verdict.UNKNOWN,.verdict.PAUSED{border-left-color:var(--unknown)!important}
.verdict p{margin:0}.big{font-size:21px;font-weight:600;letter-spacing:-.01em;line-height:1.3;overflow-wrap:anywhere}
.dot{display:inline-block;width:12px;height:12px;border-radius:50%;margin-right:10px;background:var(--unknown)}.dot.OK{background:var(--ok)}.dot.LATE{background:var(--late)}.dot.STALE{background:var(--stale)}.dot.DEGRADED{background:var(--bad)}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:14px 20px;margin:16px 0 2px}
.tiles div{min-width:0}.tiles dt{font-size:13px;color:var(--dim)}.tiles dd{margin:0;font-size:13px}.tiles dd a{color:inherit;text-decoration:none}.tiles dd a:hover{text-decoration:underline}.tiles dd:not(.dim){font-size:24px;font-weight:600;letter-spacing:-.02em;line-height:1.25}
.wide{position:relative;overflow-x:auto;margin:0 -4px;padding:0 4px}
table{border-collapse:collapse;width:100%;font-size:14px}
th,td{text-align:left;vertical-align:top;padding:7px 14px 7px 0;border-top:1px solid var(--line);overflow-wrap:anywhere}
thead th{border-top:0;font-weight:500;color:var(--dim);font-size:13px;padding-top:0;white-space:nowrap}
tbody th{font-weight:500;min-width:12.5rem}th:last-child,td:last-child{padding-right:0}
.grow{width:55%}.num{text-align:right;white-space:nowrap}td:nth-child(2){white-space:nowrap}#cost~.wide td:nth-child(2),#models~.wide td:nth-child(2){white-space:normal}
tr.zero{color:var(--dim)}tr.zero th{font-weight:400}tr.bad td,tr.bad th{background:color-mix(in srgb,var(--bad) 9%,transparent)}
.badge{display:inline-block;font-size:12px;font-weight:600;padding:1px 8px;border-radius:99px;border:1px solid;color:var(--unknown)}
.badge.OK{color:var(--ok)}.badge.LATE{color:var(--late)}.badge.STALE{color:var(--stale)}.badge.DEGRADED{color:var(--bad)}
code,kbd,pre,textarea{font:13px/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
code,kbd{background:var(--code);border-radius:4px;padding:1px 5px}pre{background:var(--code);border-radius:6px;padding:8px 12px;margin:6px 0;overflow-x:auto;white-space:pre-wrap;overflow-wrap:anywhere}
.repair{display:inline-block}
.charts{display:grid;grid-template-columns:repeat(auto-fill,minmax(300px,1fr));gap:18px 26px}
figure{margin:0;min-width:0}figcaption{font-size:14px;font-weight:500;overflow-wrap:anywhere}
svg{display:block;max-width:100%}.chart svg{width:100%;height:auto}
${pictureStyle}
.grid,.axis{stroke:var(--line);fill:none}.objective{stroke:var(--bad);stroke-dasharray:4 4;fill:none}
.line{fill:none;stroke-width:1.6;stroke-linejoin:round;stroke-linecap:round}.line.a{stroke:var(--a)}.line.b{stroke:var(--b)}.line.c{stroke:var(--c)}.line.d{stroke:var(--d)}
.area{opacity:.16}.area.a{fill:var(--a)}.area.d{fill:var(--d)}
.legend{margin:2px 0 0;font-size:13px;color:var(--dim);min-height:1.5em}.legend b{color:var(--text);font-weight:600}
.key{display:inline-block;margin-right:12px}.key::before{content:"";display:inline-block;width:10px;height:3px;border-radius:2px;margin-right:6px;vertical-align:middle}.key.a::before{background:var(--a)}.key.b::before{background:var(--b)}.key.c::before{background:var(--c)}.key.d::before{background:var(--d)}
.cursor{stroke:var(--dim)}
.partitions{list-style:none;display:grid;grid-template-columns:repeat(auto-fill,minmax(92px,1fr));gap:8px 14px;padding:0;margin:0;font-size:13px}.partitions svg{width:100%;height:4px;margin-top:2px}
.track{fill:var(--track)}.fill{fill:var(--a)}
.bar{white-space:nowrap}.bar svg{display:inline-block;width:52px;height:8px;margin-right:6px}
.picture{min-width:940px;width:100%;height:auto;margin:2px 0}
.run{fill:var(--track)}.run.committed{fill:var(--ok)}.run.failed,.run.failed rect{fill:var(--bad)}.run.failed path{stroke:var(--card);fill:none;stroke-width:1.4}.run.l0{opacity:.35}.run.l1{opacity:.5}.run.l2{opacity:.75}
.strip{flex:none}.lanes{min-width:720px;width:100%;height:auto}.lanes .label{font-size:12px;fill:var(--text)}
.events{list-style:none;margin:12px 0 0;padding:0;font-size:14px;max-height:320px;overflow:auto}.events li{padding:4px 0;border-top:1px solid var(--line);overflow-wrap:anywhere}.events time{color:var(--dim);font-size:13px}
.kind{display:inline-block;min-width:84px;font-size:12px;font-weight:600;color:var(--dim);margin-left:8px}.kind.failed,.kind.fired{color:var(--bad)}.kind.rejected{color:var(--late)}.kind.model{color:var(--d)}.kind.compacted,.kind.replayed,.kind.resolved{color:var(--ok)}
.examples{list-style:none;padding:0;margin:8px 0;font-size:14px}.examples li{margin-bottom:8px;overflow-wrap:anywhere}
details{margin-top:10px}details>.wide{margin-top:8px}details th{overflow-wrap:break-word}summary{cursor:pointer;color:var(--link)}
.equation{overflow-wrap:normal}.term{display:inline-block;white-space:nowrap}
textarea{display:block;width:100%;padding:8px 10px;border:1px solid var(--line);border-radius:6px;background:var(--bg);color:var(--text);margin:6px 0;resize:vertical}
label{font-size:13px;color:var(--dim)}
button{font:inherit;font-size:13px;padding:3px 14px;border-radius:6px;border:1px solid var(--line);background:var(--bg);color:var(--text);cursor:pointer}button:hover{border-color:var(--dim)}
#query button{background:var(--text);color:var(--card);border-color:var(--text);padding:5px 18px}
#answer{margin-top:12px}#answer td{white-space:pre-wrap;max-width:28rem}
form{margin:0}.start pre{font-size:14px}
footer{padding-top:6px;padding-bottom:28px;font-size:13px;color:var(--dim)}
@media(max-width:640px){header,main,footer{padding-left:12px;padding-right:12px}main>section{padding:14px 12px}.big{font-size:18px}nav{margin-left:0}table{min-width:660px}#tables~.wide table{min-width:0}#tables~.wide tbody th{min-width:0;overflow-wrap:break-word}#tables~.wide td:nth-child(2){white-space:normal}#tables~.wide :is(th,td):nth-child(n+4){display:none}.tiles{grid-template-columns:1fr 1fr}}
@media print{nav,form,.skip{display:none}main>section:not(.verdict){content-visibility:visible}}
`
