// The lots tab: each field is saved when it is changed; making, closing and deleting lots; freeing turns.

import type { SampleJudged } from "../../shared/server_types";
import { confirmed } from "../dialog";
import { all, need, plural } from "../dom";
import { send } from "../http";
import { reloadWith, toast } from "../toast";

/** Bring the tab to life, if this is one. */
export function setUpLots(): void {
  const root = document.querySelector<HTMLElement>("[data-lots]");
  if (!root) return;
  for (const row of all("[data-lot]", root)) setUpRow(row);
  for (const row of all("[data-turn]", root)) need("[data-free]", row).addEventListener("click", () => void free(row));
  for (const row of all("[data-sample]", root)) setUpSample(row, root.dataset["lots"] ?? "");
  for (const row of all("[data-tag]", root)) setUpTag(row);
  const form = need<HTMLFormElement>("[data-new-lot]", root);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void create(form, root.dataset["lots"] ?? "");
  });
}

function setUpRow(row: HTMLElement): void {
  const address = `/api/lots/${row.dataset["lot"]}`;
  for (const field of all<HTMLInputElement | HTMLSelectElement>("[name]", row)) {
    let before = field.value;
    field.addEventListener("change", () => {
      void attempt(() => send("PATCH", address, { [field.name]: value(field) })).then((done) => {
        if (done) [before] = [field.value];
        else field.value = before;
        if (done) toast("Saved.", "success");
      });
    });
  }
  const close = need("[data-lot-close]", row);
  close.addEventListener("click", () => {
    void reloadAfter(() => send("PATCH", address, { closed: close.dataset["lotClose"] === "true" }));
  });
  row.querySelector("[data-lot-delete]")?.addEventListener("click", () => {
    void reloadAfter(() => send("DELETE", address));
  });
}

function value(field: HTMLInputElement | HTMLSelectElement): string | number | null {
  if (field.type === "number") return Number(field.value);
  return field.type === "date" ? field.value || null : field.value;
}

async function create(form: HTMLFormElement, address: string): Promise<void> {
  const fields = all<HTMLInputElement | HTMLSelectElement>("[name]", form);
  const body = Object.fromEntries(fields.map((field) => [field.name, value(field)]));
  const told = need("[data-lot-error]", form);
  try {
    await send("POST", address, body);
    location.reload();
  } catch (error) {
    told.hidden = false;
    told.textContent = (error as Error).message;
  }
}

/** A lot of which a sample was reviewed: what becomes of the rest. */
function setUpSample(row: HTMLElement, address: string): void {
  const count = need("[data-undrawn]", row).textContent;
  need("[data-sample-accept]", row).addEventListener("click", () => {
    const one = count === "1";
    const question = `Accept ${count} finished ${one ? "image" : "images"} of this lot without a look at ${one ? "it" : "each"}?`;
    void confirmed(question, "Accept").then(async (yes) => {
      if (yes) await judge(row, address, false);
    });
  });
  need("[data-sample-draw]", row).addEventListener("click", () => void judge(row, address, true));
}

/** In parts: a request deals with some images, and says where the next one goes on. */
async function judge(row: HTMLElement, address: string, draw: boolean): Promise<void> {
  const buttons = all<HTMLButtonElement>("button", row);
  for (const one of buttons) one.disabled = true;
  const [lot, url] = [Number(row.dataset["sample"]), address.replace(/lots$/, "review/sample")];
  const refused: string[] = [];
  let [done, after]: [number, number | null] = [0, 0];
  const finished = await attempt(async () => {
    while (after !== null) {
      const answer: SampleJudged = await send<SampleJudged>("POST", url, { lot, after, draw });
      [done, after] = [done + answer.done, answer.next];
      refused.push(...answer.refused.map(({ reason }) => reason));
      need("[data-undrawn]", row).textContent = `${done.toLocaleString("en")} so far`;
    }
  });
  const told = `${plural(done, "image")} ${draw ? "added to the review" : "accepted"}`;
  if (finished && refused.length === 0) return reloadWith(`${told}.`);
  for (const one of buttons) one.disabled = false;
  if (refused[0]) toast(`${told}, ${refused.length} not: ${refused[0]}`, "info");
}

function setUpTag(row: HTMLElement): void {
  const button = need("[data-tag-delete]", row);
  button.addEventListener("click", () => {
    const question = `Delete the tag “${button.dataset["name"]}”? Its images stay.`;
    void confirmed(question, "Delete").then(async (yes) => {
      if (yes && (await attempt(() => send("DELETE", `/api/tags/${row.dataset["tag"]}`)))) row.remove();
    });
  });
}

async function free(row: HTMLElement): Promise<void> {
  if (await attempt(() => send("POST", `/api/turns/${row.dataset["turn"]}/free`))) row.remove();
}

async function reloadAfter(act: () => Promise<unknown>): Promise<void> {
  if (await attempt(act)) location.reload();
}

async function attempt(act: () => Promise<unknown>): Promise<boolean> {
  try {
    await act();
    return true;
  } catch (error) {
    toast((error as Error).message, "error");
    return false;
  }
}
