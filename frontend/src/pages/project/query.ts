// Which images the list shows: filters and order, read from the form, kept in the page's address.

import { all, need } from "../dom";

/** Fields of the form that the address and the server know by the same names. */
const FIELDS = ["q", "category", "assignee", "lot", "tag", "verdict", "person", "objects", "note"];

/** A wait while somebody types. */
const TYPING_MS = 250;

export class Query {
  private state = "";
  private sort = "added";
  private desc = false;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly form: HTMLFormElement,
    private readonly changed: () => void,
  ) {
    this.read(new URLSearchParams(location.search));
    for (const chip of this.chips) chip.addEventListener("click", () => this.choose(chip.dataset["filter"] ?? ""));
    need<HTMLInputElement>("[name=q]", form).addEventListener("input", () => {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.take(), TYPING_MS);
    });
    form.addEventListener("change", (event) => {
      if ((event.target as HTMLInputElement).name && (event.target as HTMLInputElement).name !== "q") this.take();
    });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.take();
    });
    need("[data-clear-filters]", form).addEventListener("click", () => this.clear());
    window.addEventListener("popstate", () => {
      this.read(new URLSearchParams(location.search));
      this.changed();
    });
  }

  /** The filters that are given, as the server takes them. */
  get filters(): Record<string, string> {
    const found: Record<string, string> = this.state ? { state: this.state } : {};
    for (const field of this.fields) if (field.value) found[field.name] = field.value.trim();
    return found;
  }

  /** The same with numbers where a JSON body has numbers. */
  get body(): Record<string, string | number> {
    const { category, lot, ...texts } = this.filters;
    return { ...texts, ...(category ? { category: Number(category) } : {}), ...(lot ? { lot: Number(lot) } : {}) };
  }

  /** Whether not all images are asked for. */
  get chosen(): boolean {
    return Object.keys(this.filters).length > 0;
  }

  /** Whether images are in the order in which they were added. */
  get asAdded(): boolean {
    return this.sort === "added" && !this.desc;
  }

  /** For the server: filters and order. */
  get params(): URLSearchParams {
    const found = new URLSearchParams(this.filters);
    if (this.sort !== "added") found.set("sort", this.sort);
    if (this.desc) found.set("desc", "1");
    return found;
  }

  /** Note in the address at which image one left the list, so that the way back leads there. */
  leaveAt(image: number): void {
    const params = this.params;
    params.set("at", String(image));
    history.replaceState(null, "", `?${params}`);
  }

  /** Images have a tag that may be new: offer it as a filter, and where tags are typed. */
  offerTag(given: string): void {
    const [name, select] = [given.trim().replace(/\s+/g, " "), need<HTMLSelectElement>("[name=tag]", this.form)];
    if (!name || Array.from(select.options).some((one) => one.value === name)) return;
    const after = Array.from(select.options).find((one) => one.value && one.value.localeCompare(name) > 0);
    select.add(new Option(name, name), after ?? null);
    select.hidden = false;
    document.querySelector("#tags-there")?.append(new Option(name, name));
  }

  private get chips(): HTMLElement[] {
    return all("[data-filter]", this.form);
  }

  private get fields(): (HTMLInputElement | HTMLSelectElement)[] {
    return FIELDS.flatMap((name) => all<HTMLInputElement | HTMLSelectElement>(`[name=${name}]`, this.form));
  }

  private choose(state: string): void {
    this.state = state;
    this.take();
  }

  private clear(): void {
    this.state = "";
    for (const field of this.fields) field.value = "";
    this.take();
  }

  private take(): void {
    clearTimeout(this.timer);
    const before = this.params.toString();
    this.sort = need<HTMLSelectElement>("[name=sort]", this.form).value;
    this.desc = need<HTMLInputElement>("[name=desc]", this.form).checked;
    this.show();
    const query = this.params.toString();
    if (location.search.replace(/^\?/, "") !== query || before !== query)
      history.pushState(null, "", query ? `?${query}` : location.pathname);
    this.changed();
  }

  private read(params: URLSearchParams): void {
    this.state = params.get("state") ?? "";
    this.sort = params.get("sort") ?? "added";
    this.desc = params.get("desc") === "1";
    for (const field of this.fields) field.value = params.get(field.name) ?? "";
    need<HTMLSelectElement>("[name=sort]", this.form).value = this.sort;
    need<HTMLInputElement>("[name=desc]", this.form).checked = this.desc;
    this.show();
  }

  private show(): void {
    for (const chip of this.chips) chip.ariaChecked = String(chip.dataset["filter"] === this.state);
    need("[data-clear-filters]", this.form).hidden = !this.chosen;
  }
}
