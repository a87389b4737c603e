/// How the page looks, in light and in dark; all text meets a contrast of 4.5 : 1.
package let stylesheet = """
    :root{--paper:#fcfbf8;--card:#fff;--ink:#1d1f24;--soft:#5d626d;--line:#e4e1d9;--accent:#b3331d;--other:#50698c;\
    --good:#1c6b3c;--bad:#a3271a}
    @media(prefers-color-scheme:dark){:root{--paper:#15171b;--card:#1d2026;--ink:#eceae4;--soft:#a3a8b3;--line:#333842;\
    --accent:#ff8364;--other:#93b1de;--good:#79cf9b;--bad:#ff9d8b}}
    *{box-sizing:border-box}
    body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,\
    "Helvetica Neue",Arial,sans-serif}
    main{max-width:1080px;margin:0 auto;padding:40px 24px 80px}
    header p{color:var(--soft);max-width:72ch;margin:.4em 0 0}
    header .brand{font-size:.8rem;letter-spacing:.08em;text-transform:uppercase;color:var(--accent);font-weight:600}
    h1{font-size:2.1rem;line-height:1.2;margin:.15em 0;letter-spacing:-.015em}
    h2{font-size:1.2rem;margin:0 0 .4em}
    section{margin-top:44px}
    .headline{display:grid;grid-template-columns:repeat(auto-fit,minmax(220px,1fr));gap:1px;background:var(--line);\
    border:1px solid var(--line);border-radius:12px;overflow:hidden;margin-top:28px}
    .headline div{background:var(--card);padding:18px 22px}
    .headline p{margin:0}
    .label{color:var(--soft);font-size:.85rem}
    .big{font-size:1.75rem;font-weight:650;letter-spacing:-.01em;font-variant-numeric:tabular-nums}
    .small{color:var(--soft);font-size:.88rem;margin:.2em 0 0}
    .plots{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,430px),1fr));gap:18px;margin-top:16px}
    figure{margin:0;background:var(--card);border:1px solid var(--line);border-radius:12px;padding:16px 18px}
    figcaption{font-weight:600;margin-bottom:8px}
    figcaption span{display:block;font-weight:400;font-size:.85rem;color:var(--soft);min-height:1.5em}
    svg{display:block;width:100%;height:auto;font-size:13px}
    .grid{stroke:var(--line)}
    .tick{fill:var(--soft);font-size:11.5px;font-variant-numeric:tabular-nums}
    .name,.value{fill:var(--ink);font-variant-numeric:tabular-nums}
    .bar{stroke-width:3;stroke-linecap:round}
    .other .bar{stroke:var(--other)}.other circle{fill:var(--other)}
    .winner .bar{stroke:var(--accent)}.winner circle{fill:var(--accent)}
    .winner .name,.winner .value{font-weight:650}
    .curve{fill:none;stroke:var(--other);stroke-width:2;stroke-linejoin:round;stroke-linecap:round}
    .scroll{overflow-x:auto}
    table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
    caption{text-align:left;color:var(--soft);font-size:.88rem;padding-bottom:8px}
    th,td{padding:9px 12px;text-align:right;border-bottom:1px solid var(--line);white-space:nowrap}
    th:first-child{text-align:left;padding-left:0}
    thead th{color:var(--soft);font-weight:500;font-size:.88rem}
    tbody th{font-weight:550}
    td small{display:block;color:var(--soft);font-size:.78rem}
    td.best{font-weight:700}td.best small{font-weight:400}
    .star{color:var(--accent)}
    .verdict{font-weight:600;color:var(--soft)}.verdict.better{color:var(--good)}.verdict.worse{color:var(--bad)}
    li{margin:.35em 0;max-width:80ch}
    @media print{body{background:#fff}figure,.headline div{break-inside:avoid}}
    """
