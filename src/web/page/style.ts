/** The one style sheet. Colour never says anything alone: words, shapes and marks say it too. */
export const STYLE =
  `:root{color-scheme:light dark;--bg:light-dark(#fff,#14171b);--card:light-dark(#f4f5f7,#1e2227);--ink:light-dark(#1a1d21,#e8eaed);--soft:light-dark(#565b63,#a9b0b9);--line:light-dark(#c3c8cf,#3c434b);--good:light-dark(#1b6e2f,#7fd48f);--bad:light-dark(#b3141d,#ff9a94);--warn:light-dark(#7a5200,#f0c060);--link:light-dark(#0b57d0,#8ab4f8)}
*{box-sizing:border-box}
html{font:16px/1.45 system-ui,sans-serif;background:var(--bg);color:var(--ink);overflow-wrap:break-word}bdi,td,dd{overflow-wrap:anywhere}
@media(min-width:2000px){html{font-size:20px}}
body{margin:0;padding:0 clamp(.75rem,2vw,2.5rem) 2rem}
a{color:var(--link)}
h1{font-size:1.5rem;line-height:1.25;margin:1rem 0 .5rem}h2{font-size:1.15rem;margin:1.25rem 0 .5rem}h3{font-size:1rem;margin:1rem 0 .25rem}
p{margin:.4rem 0}
:focus-visible{outline:3px solid var(--link);outline-offset:2px}
main:focus{outline:0}
.skip{position:absolute;left:-99rem}.skip:focus{left:.5rem;top:.5rem;background:var(--bg);padding:.5rem;z-index:2}
header,.filters,nav{display:flex;flex-wrap:wrap;gap:.4rem 1rem;align-items:center}
header{border-bottom:1px solid var(--line);padding:.5rem 0}
header form,.zone{margin:0}footer p{display:inline-block;margin-right:.4rem}header .brand{font-weight:700;text-decoration:none;color:var(--ink)}nav{flex:1 0 auto;max-width:100%}
nav a,header>a{padding:.25rem 0}[aria-current]{font-weight:700;text-decoration:none;color:var(--ink)}
button,select,input,textarea{font:inherit;color:inherit;background:var(--bg);border:1px solid var(--soft);border-radius:4px;padding:.25rem .6rem;min-height:1.9rem;max-width:100%}
button{cursor:pointer;background:var(--card)}
.zone select{max-width:11rem}.filters label{min-width:0;max-width:100%}.filters select{max-width:min(100%,16rem)}.journey h2{font-size:1rem}
.banner,.note{border:2px solid var(--bad);border-left-width:.6rem;padding:.5rem .75rem;margin:.6rem 0;background:var(--card);font-weight:600}
#lost{position:sticky;top:0;z-index:1}.note{border-color:var(--soft)}
[hidden]{display:none!important}
.lost main,.lost #banner{filter:grayscale(1)}.lost main{opacity:.75}
.lost .word::before,.lost .pair b::before{content:"was "}
.legend,.sli,small,footer,.rules,figcaption span,time{color:var(--soft)}
.legend,.rules,footer{font-size:.875rem}
.rows,.strip,.incidents,.timeline,.journey{list-style:none;margin:0;padding:0}
.rows>li{display:grid;grid-template-columns:minmax(7rem,1.2fr) minmax(15rem,1.6fr) minmax(7rem,1fr) minmax(9.5rem,1.1fr) minmax(7rem,2fr) 6.5rem;gap:.2rem 1rem;align-items:center;padding:.45rem .6rem;border-bottom:1px solid var(--line);border-left:.4rem solid var(--line);content-visibility:auto;contain-intrinsic-size:auto 3.6rem}
.rows>li>a{font-weight:600}
.rows p{margin:0}.sli{font-size:.875rem}
.coarse>li{grid-template-columns:minmax(9rem,1fr) 8rem 9rem;max-width:60rem}
.pair i::before{font-style:normal;font-weight:700}.eq::before{content:"=" / ""}.un::before{content:"?" / ""}.so::before{content:"\\2248" / "";color:var(--warn)}.ne::before{content:"\\2260" / "";color:var(--bad)}.ne::before,.so::before{font-size:1.35rem;line-height:1}
.pair{color:var(--soft)}.rows .pair{display:grid;grid-template-columns:1fr 1.4rem 1.15fr;align-items:baseline}.good b{color:var(--good)}.bad b,p.bad,li.bad,tr.bad th{color:var(--bad)}.mixed b{color:var(--warn)}.none b{color:var(--soft)}
.pair .bad b{text-decoration:underline wavy 1px}
.drift,.down,.not_ready,.failing{--tone:var(--bad)}.degraded,.underclaim,.unreported,.split{--tone:var(--warn)}.ready{--tone:var(--good)}.unknown,.pending{--tone:var(--soft)}
.rows>li{border-left-color:var(--tone)}.rows>.drift{border-left-style:double;border-left-width:.6rem;background:var(--card)}
.word{color:var(--tone);font-weight:600}.word time{font-weight:400}
.now{border-left:.4rem solid var(--tone);padding-left:.75rem}.now.drift{border-left-style:double;border-left-width:.6rem}
.strip{display:flex;flex-wrap:wrap;gap:.25rem}
.strip li{border:1px solid var(--tone);color:var(--tone);border-radius:3px;padding:0 .35rem;font-size:.8125rem}
.rows .strip i{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
.strip li::before{content:"?" / "";margin-right:.25rem}.strip .ready::before{content:"\\2713" / ""}.strip .drift::before,.strip .underclaim::before{content:"\\2260" / ""}.strip .down::before,.strip .not_ready::before,.strip .failing::before{content:"\\2717" / ""}.strip .degraded::before,.strip .unreported::before{content:"~" / ""}
.strip .drift,.strip .down,.strip .not_ready,.strip .failing{border-width:2px;font-weight:700}
svg{display:block;width:100%}img{max-width:100%;vertical-align:middle}.band{height:1.5rem;border-bottom:1px solid var(--line)}.lanes{height:2.75rem;background:var(--card)}.bar{height:.6rem;min-width:8rem;background:var(--card)}
.g{fill:var(--good)}.b,.d{fill:var(--bad)}.w{fill:var(--warn)}.u{fill:var(--soft)}.s{fill:var(--warn)}.m{fill:var(--ink);opacity:.6}
.lanes .d{opacity:.75}.lanes .w{opacity:.6}
figure{margin:.4rem 0}.lane{display:grid;grid-template-columns:3rem 1fr;gap:0 .5rem;align-items:stretch}.lane figcaption{grid-column:1/3;display:flex;gap:.75rem;flex-wrap:wrap}
.lane div{display:flex;flex-direction:column;justify-content:space-between;font-size:.8125rem;line-height:1;padding:.1rem 0;text-align:right}
blockquote{margin:.3rem 0;padding-left:.75rem;border-left:2px solid var(--line)}
.label{display:inline-block;max-width:100%;overflow-wrap:anywhere;background:var(--card);border-radius:3px;padding:0 .4rem;margin-right:.4rem}
.scroll{overflow-x:auto;position:relative}table{border-collapse:collapse;overflow-wrap:normal}th,td{text-align:left;padding:.2rem .75rem .2rem 0;border-bottom:1px solid var(--line);vertical-align:top}td code bdi,th bdi{overflow-wrap:anywhere}caption{text-align:left;color:var(--soft)}.wide{min-width:10rem}
.journey>li{border-left:3px solid var(--line);padding-left:.75rem;margin:.5rem 0}
dl.failure{display:grid;grid-template-columns:minmax(5rem,max-content) 1fr;gap:.2rem 1rem;border-left:.4rem solid var(--bad);padding:.4rem .75rem;background:var(--card)}dl.failure dd{margin:0}dl.failure dt{max-width:16rem}
.deed{margin:.75rem 0;display:flex;flex-wrap:wrap;gap:.5rem 1rem;align-items:end}.deed h2{flex-basis:100%;margin:0}.deed textarea{width:min(36rem,100%);display:block}
.lead{font-size:1.15rem;font-weight:600}
.timeline>li{padding:.15rem 0 .15rem .75rem;border-left:3px solid var(--line)}.timeline .bad{border-color:var(--bad)}
@media(max-width:1100px){.rows>li{grid-template-columns:1fr 1fr}.rows .band{grid-column:1}.coarse>li{grid-template-columns:1fr auto}}
@media(max-width:560px){.rows>li{grid-template-columns:1fr;contain-intrinsic-size:auto 11rem}.zone select{max-width:8rem}dl.failure{grid-template-columns:1fr}}
@media(prefers-reduced-motion:no-preference){.new{animation:new 1s}@keyframes new{from{background:var(--line)}}}
@media(forced-colors:active){.g,.b,.d,.w,.u,.s,.m{fill:CanvasText}}
@media print{.rows>li{content-visibility:visible}header,.deed,form,.skip,#lost,footer noscript{display:none!important}html{font-size:11pt;background:#fff;color:#000}.scroll{overflow:visible}figure,li,table{break-inside:avoid}svg{print-color-adjust:exact}a{color:inherit}}
`;
