// Lets a click on a column head sort its table; the page reads the same without it.
for (const table of document.querySelectorAll("table.sortable")) {
  const body = table.tBodies[0];
  [...table.tHead.rows[0].cells].forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") !== "descending";
      for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const key = (row) => {
        const cell = row.cells[column];
        const text = cell.dataset.value ?? cell.textContent.replace(/[~,]/g, "").trim();
        const number = parseFloat(text);
        const unit = { k: 1e3, M: 1e6, G: 1e9, T: 1e12, P: 1e15 }[text.match(/^[\d.]+\s([kMGTP])$/)?.[1]] ?? 1;
        return Number.isNaN(number) ? text : number * unit;
      };
      const compare = (a, b) =>
        typeof a !== typeof b
          ? typeof a === "number" ? -1 : 1
          : (typeof a === "number" ? b - a : b.localeCompare(a)) * (down ? 1 : -1);
      body.append(...[...body.rows].sort((a, b) => compare(key(a), key(b))));
    });
  });
}
