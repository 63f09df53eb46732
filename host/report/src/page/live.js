// Shows a served page as it is now: asks every two seconds whether it has changed. The page may be one of a run that
// ends, of a comparison that grows, or of a server that has gone.
(() => {
  const own = document.currentScript;
  let version = own.dataset.live;
  const state = document.createElement("p");
  state.setAttribute("role", "status");
  state.className = "note live";
  const say = (text) => {
    if (state.textContent !== text) state.textContent = text;
    if (!state.isConnected) document.querySelector("body > header").append(state);
  };
  const sorted = () =>
    [...document.querySelectorAll("table.sortable")].map((table) => {
      const column = [...table.tHead.rows[0].cells].findIndex((head) => head.ariaSort);
      return [column, table.tHead.rows[0].cells[column]?.ariaSort === "ascending" ? 2 : 1];
    });
  const show = (text) => {
    const next = new DOMParser().parseFromString(text, "text/html");
    const order = sorted();
    const open = [...document.querySelectorAll("details")].map((details) => details.open);
    document.title = next.title;
    for (const part of ["header", "main", "footer"])
      document.querySelector(`body > ${part}`).replaceWith(next.querySelector(`body > ${part}`));
    // What makes tables sortable is run again over the new ones.
    for (const script of next.querySelectorAll("body > script:not([data-live])")) {
      const again = document.createElement("script");
      again.textContent = script.textContent;
      document.body.append(again);
      again.remove();
    }
    document.querySelectorAll("table.sortable").forEach((table, number) => {
      const [column, clicks] = order[number] ?? [-1, 0];
      for (let click = 0; column >= 0 && click < clicks; click += 1)
        table.tHead.rows[0].cells[column]?.querySelector("button").click();
    });
    document.querySelectorAll("details").forEach((details, number) => (details.open = open[number] ?? details.open));
    version = next.querySelector("script[data-live]").dataset.live;
  };
  const ask = async () => {
    try {
      const answer = await fetch("?version", { cache: "no-store" });
      if (!answer.ok) throw new Error((await answer.text()).trim());
      if ((await answer.text()) !== version) {
        const page = await fetch(location.pathname, { cache: "no-store" });
        if (!page.ok) throw new Error((await page.text()).trim());
        show(await page.text());
      }
      say(`Live: as it was at ${new Date().toLocaleTimeString()}.`);
    } catch (error) {
      const why = error instanceof TypeError ? "genomenas ui does not answer" : error.message;
      say(`Not live: ${why}. The page is as it was before.`);
    }
  };
  say("Live.");
  setInterval(ask, 2000);
})();
