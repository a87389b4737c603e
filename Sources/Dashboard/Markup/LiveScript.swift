/// Follows a page that is still changing: asks for it again every two seconds and puts the new content in place, without
/// moving what the reader has opened, scrolled or focused. Pages are whole without it.
let liveScript = """
    "use strict";
    (() => {
        const main = document.querySelector("main[data-live]");
        if (!main) return;
        const key = (element) => element && (element.id || element.getAttribute("href"));
        function put(fresh) {
            const open = [...main.querySelectorAll("details[open]")].map((details) => details.id);
            const scrolled = [...main.querySelectorAll(".scroll")].map((box) => [box.scrollLeft, box.scrollTop]);
            const focused = main.contains(document.activeElement) ? key(document.activeElement) : null;
            main.replaceChildren(...fresh.childNodes);
            for (const details of main.querySelectorAll("details")) details.open = open.includes(details.id);
            [...main.querySelectorAll(".scroll")].forEach((box, place) => {
                if (scrolled[place]) [box.scrollLeft, box.scrollTop] = scrolled[place];
            });
            if (!focused) return;
            const again = [...main.querySelectorAll("a, button, summary")].find((element) => key(element) === focused);
            if (again) again.focus({preventScroll: true});
        }
        async function look() {
            let isLive = true;
            if (!document.hidden) {
                try {
                    const answer = await fetch(location.href, {cache: "no-store", credentials: "same-origin"});
                    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
                    const fresh = page.querySelector("main");
                    if (answer.ok && fresh) {
                        isLive = "live" in fresh.dataset;
                        if (fresh.innerHTML !== main.innerHTML) put(fresh);
                    }
                } catch (error) {
                    // The server is being restarted, or the network is away: the next look tells.
                }
            }
            if (isLive) setTimeout(look, 2000);
        }
        setTimeout(look, 2000);
    })();

    """
