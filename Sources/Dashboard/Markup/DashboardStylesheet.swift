import Evaluation

/// How the pages look: the report's own sheet, and what a set of pages needs beside it. In light and in dark; all text
/// meets a contrast of 4.5 : 1, and what has a colour has a word or a dash too.
let dashboardStylesheet =
    stylesheet + """

        :root{--s0:#1f5fa8;--s1:#b3331d;--s2:#1c6b3c;--s3:#7a4aa0;--s4:#8a5a00;--s5:#00707a;--s6:#a02668;--s7:#565c66;\
        --warn:#8a5a00;--busy:#1f5fa8}
        @media(prefers-color-scheme:dark){:root{--s0:#7fb2f0;--s1:#ff8364;--s2:#79cf9b;--s3:#c5a0ea;--s4:#e5b55c;\
        --s5:#6fd0d9;--s6:#f29ac4;--s7:#a9afba;--warn:#e5b55c;--busy:#7fb2f0}}
        html{-webkit-text-size-adjust:100%}
        a{color:var(--s0)}
        a:focus-visible,button:focus-visible,input:focus-visible,select:focus-visible,summary:focus-visible,\
        .scroll:focus-visible{outline:3px solid var(--s0);outline-offset:2px;border-radius:4px}
        main:focus{outline:none}
        .skip{position:absolute;left:-9999px}.skip:focus{left:12px;top:8px;background:var(--card);padding:8px 14px;z-index:2}
        .top{display:flex;flex-wrap:wrap;align-items:center;gap:4px 24px;padding:12px 24px;background:var(--card);\
        border-bottom:1px solid var(--line)}
        .top .brand{margin:0;font-size:1rem;letter-spacing:0;text-transform:none}
        .top .brand a{color:var(--ink);text-decoration:none}.top .brand span{color:var(--accent)}
        nav{flex:1 1 auto}
        nav ul{display:flex;flex-wrap:wrap;gap:2px;list-style:none;margin:0;padding:0}
        nav li{margin:0}
        nav a{display:block;padding:7px 12px;border-radius:8px;color:var(--soft);text-decoration:none}
        nav a:hover{color:var(--ink);background:var(--paper)}
        nav a[aria-current]{color:var(--ink);font-weight:600;background:var(--paper)}
        .plots{grid-template-columns:repeat(auto-fill,minmax(min(100%,430px),1fr))}
        .top form{margin-left:auto}
        main{padding-top:28px;max-width:1180px}
        main>p:first-of-type{color:var(--soft);margin:.2em 0 0}
        h1{overflow-wrap:anywhere;font-size:1.8rem}
        h3{font-size:.95rem;margin:1em 0 .3em;color:var(--soft);font-weight:600}
        footer{max-width:1180px;margin:0 auto;padding:0 24px 30px;color:var(--soft);font-size:.85rem}
        .headline{grid-template-columns:repeat(auto-fit,minmax(190px,1fr))}
        .headline .big{font-size:1.35rem;overflow-wrap:anywhere}.headline .big a{color:inherit}
        .list th,.list td{text-align:left;vertical-align:top}
        .list th.number,.list td.number{text-align:right}
        .list td{max-width:44ch;white-space:normal;overflow-wrap:break-word}
        .list td.number,td time,td code,.nowrap{white-space:nowrap}
        thead th a{color:inherit}
        .state{display:inline-block;padding:1px 9px;border-radius:99px;border:1px solid currentColor;font-size:.82rem;\
        font-weight:600;white-space:nowrap;color:var(--soft)}
        .state.good{color:var(--good)}.state.bad{color:var(--bad)}.state.warn{color:var(--warn)}.state.busy{color:var(--busy)}
        .fault{color:var(--bad);overflow-wrap:anywhere;white-space:pre-wrap;max-width:none}
        .checks{list-style:none;padding:0;margin:8px 0 0}
        .checks li{padding:8px 0;border-bottom:1px solid var(--line);max-width:none;overflow-wrap:anywhere}
        .checks span:last-child{color:var(--soft)}
        .chips{list-style:none;padding:0;margin:4px 0;display:flex;flex-wrap:wrap;gap:6px 14px}.chips li{margin:0}
        ul.plain,ol.plain{list-style:none;margin:0;padding:0}ul.plain li,ol.plain li{margin:0;max-width:none}
        ol.plain{min-width:22ch;font-size:.9rem}
        .fields{display:flex;flex-wrap:wrap;gap:8px 12px;align-items:center;margin:16px 0}
        .fields label{font-size:.9rem;color:var(--soft)}
        input,select,button{font:inherit;color:var(--ink);background:var(--card);border:1px solid var(--soft);\
        border-radius:8px;padding:7px 11px;max-width:100%}
        input[type=radio]{accent-color:var(--s0)}
        td label{white-space:nowrap}
        button{cursor:pointer;font-weight:600}
        button.danger{color:var(--bad);border-color:var(--bad)}
        button.plain{border-color:var(--line);font-weight:400;color:var(--soft)}
        progress,meter{width:100%;min-width:70px;max-width:160px;height:10px;accent-color:var(--busy)}
        pre{margin:0;font:13px/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;white-space:pre-wrap;\
        overflow-wrap:anywhere}
        code{font:.88em ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
        .log{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:14px 16px;max-height:420px;\
        overflow:auto}
        details{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:10px 16px;margin:10px 0}
        summary{cursor:pointer;font-weight:600}
        details>pre,details>div{margin-top:10px}
        svg.graph{width:auto;max-width:none;display:block}
        svg.wide{min-width:420px;width:100%}
        svg.map{min-width:520px}
        .map text{font-size:11px;fill:var(--ink);paint-order:stroke;stroke:var(--card);stroke-width:3px}
        svg.broad{min-width:820px}
        section>figure{margin-top:14px}
        .edge{fill:none;stroke:var(--soft);stroke-width:1.3;opacity:.75}
        .node rect{fill:var(--paper);stroke:var(--line)}
        .node .mark{stroke:none;fill:var(--soft)}
        .node.good .mark{fill:var(--good)}.node.bad .mark{fill:var(--bad)}.node.warn .mark{fill:var(--warn)}
        .node.busy .mark{fill:var(--busy)}.node.bad rect:first-of-type{stroke:var(--bad)}
        .node .name{font-size:12.5px;font-weight:600;fill:var(--ink)}
        .detail{font-size:11.5px;fill:var(--soft);font-variant-numeric:tabular-nums}
        a:hover .node rect:first-of-type{stroke:var(--ink)}
        a .node .name{text-decoration:underline}
        .span rect{fill:var(--other)}.span.bad rect{fill:var(--bad)}.span.busy rect{fill:var(--busy)}
        .span.warn rect{fill:var(--warn)}.span.idle rect,.span.reused rect{fill:var(--soft)}
        .span .name{font-size:12px}
        .line{fill:none;stroke-width:2;stroke-linejoin:round}
        .faint{stroke:var(--other);stroke-width:1;opacity:.35}
        .s0{stroke:var(--s0)}.s1{stroke:var(--s1);stroke-dasharray:7 3}.s2{stroke:var(--s2);stroke-dasharray:2 3}
        .s3{stroke:var(--s3);stroke-dasharray:9 3 2 3}.s4{stroke:var(--s4);stroke-dasharray:12 4}.s5{stroke:var(--s5)}
        .s6{stroke:var(--s6);stroke-dasharray:4 4}.s7{stroke:var(--s7);stroke-dasharray:1 3}
        circle.dot{stroke:var(--card);stroke-width:.6;stroke-dasharray:none;fill-opacity:.82}
        circle.s0{fill:var(--s0)}circle.s1{fill:var(--s1)}circle.s2{fill:var(--s2)}circle.s3{fill:var(--s3)}
        circle.s4{fill:var(--s4)}circle.s5{fill:var(--s5)}circle.s6{fill:var(--s6)}circle.s7{fill:var(--s7)}
        .legend{list-style:none;padding:0;margin:10px 0 0;display:flex;flex-wrap:wrap;gap:4px 16px;font-size:.88rem}
        .legend li{margin:0;display:flex;align-items:center;gap:6px;overflow-wrap:anywhere}
        svg.key{display:inline-block;width:26px;flex:none}
        .axis{stroke:var(--soft)}
        .parallel .other{stroke:var(--other);opacity:.5;stroke-width:1.5}
        .parallel .winner{stroke:var(--accent);stroke-width:3}
        .parallel .tick{paint-order:stroke;stroke:var(--card);stroke-width:3px}
        .parallel .name{font-size:12px;font-weight:600}
        .parallel polyline:hover{stroke:var(--ink);opacity:1;stroke-width:3}
        @media(max-width:640px){
        .top{padding:10px 16px;gap:2px 12px}nav{order:3;width:100%;margin:0 -8px}
        nav a{padding:6px 8px;font-size:.95rem}
        main{padding:20px 16px 60px}h1{font-size:1.45rem}section{margin-top:32px}
        figure{padding:12px}.headline{grid-template-columns:1fr 1fr}.headline div{padding:12px 14px}
        .headline .big{font-size:1.15rem}th,td{padding:8px 10px}
        }
        @media(prefers-reduced-motion:no-preference){.state.busy{animation:breathe 2s ease-in-out infinite}}
        @keyframes breathe{50%{opacity:.55}}

        """

/// The pages' mark.
let icon = """
    <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><path fill="#b3331d" d="M16 2 30 16 16 30 2 16z"/></svg>
    """
