// The strip of tabs of a project's page, where it is wider than the screen: the open tab is in sight, and a faded edge
// shows that there are more.

/** Bring the strip to life, if the page has one. */
export function setUpTabs(): void {
  const list = document.querySelector<HTMLElement>(".tabs__list");
  if (!list) return;
  const open = list.querySelector<HTMLElement>("[aria-current=page]");
  if (open) list.scrollLeft = open.offsetLeft - list.offsetLeft - (list.clientWidth - open.offsetWidth) / 2;
  const show = (): void => {
    const left = list.scrollLeft > 1;
    const right = list.scrollLeft + list.clientWidth < list.scrollWidth - 1;
    list.dataset["hidden"] = [left && "left", right && "right"].filter(Boolean).join(" ");
  };
  show();
  list.addEventListener("scroll", show, { passive: true });
  new ResizeObserver(show).observe(list);
}
