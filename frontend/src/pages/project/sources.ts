// Connected folders and buckets: connecting one, scanning it, and how far a scan is.

import type { SourceData, SourceList } from "../../shared/server_types";
import { confirmed } from "../dialog";
import { all, need } from "../dom";
import { send } from "../http";

const LOOK_EVERY_MS = 1_000;

export function setUpSources(): void {
  const page = document.querySelector<HTMLElement>("[data-sources]");
  if (!page) return;
  const form = page.querySelector<HTMLFormElement>("[data-source-form]");
  form?.addEventListener("submit", (event) => {
    event.preventDefault();
    void act(form, () => connect(page, form));
  });
  for (const one of all("[data-source]", page)) setUpSource(one);
  if (page.dataset["busy"] !== undefined) void follow(page);
}

function connect(page: HTMLElement, form: HTMLFormElement): Promise<unknown> {
  const sent = new FormData(form);
  const body = { root: sent.get("root"), folder: sent.get("folder"), watch: sent.has("watch") };
  return send("POST", page.dataset["sources"]!, body);
}

function setUpSource(root: HTMLElement): void {
  const address = root.dataset["source"]!;
  need("[data-source-scan]", root).addEventListener("click", () => {
    void act(root, () => send("POST", `${address}/scan`));
  });
  const watch = need<HTMLInputElement>("[data-source-watch]", root);
  watch.addEventListener("change", () => void act(root, () => send("PATCH", address, { watch: watch.checked })));
  const disconnect = need<HTMLButtonElement>("[data-source-disconnect]", root);
  disconnect.addEventListener("click", () => {
    const text = `Disconnect ${disconnect.dataset["name"]!}? Its images stay, and no file of it is touched.`;
    void confirmed(text, "Disconnect").then((yes) => {
      if (yes) void act(root, () => send("DELETE", address));
    });
  });
}

/** Carry something out and show the page as it is then; an error is said where it belongs. */
async function act(root: HTMLElement, what: () => Promise<unknown>): Promise<void> {
  const place = need("[data-source-error]", root);
  place.hidden = true;
  try {
    await what();
    location.reload();
  } catch (error) {
    place.textContent = (error as Error).message;
    place.hidden = false;
  }
}

/** Show how far the scans are, and the page anew once all are done. */
async function follow(page: HTMLElement): Promise<void> {
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    const found = await send<SourceList>("GET", page.dataset["sources"]!).catch(() => null);
    if (!found) continue;
    if (found.results.every((one) => one.state === "done" && one.waiting === 0)) return location.reload();
    for (const one of found.results) draw(page, one);
  }
}

function draw(page: HTMLElement, one: SourceData): void {
  const root = page.querySelector<HTMLElement>(`[data-source="/api/sources/${one.id}"]`);
  if (!root) return;
  for (const name of ["seen", "images"] as const) {
    const figure = root.querySelector<HTMLElement>(`[data-source-figure=${name}]`);
    if (figure) figure.textContent = one[name].toLocaleString("en");
  }
  const meter = root.querySelector<HTMLElement>("[data-source-meter]");
  meter?.style.setProperty("--part", `${one.seen ? (100 * one.done) / one.seen : 0}%`);
}
