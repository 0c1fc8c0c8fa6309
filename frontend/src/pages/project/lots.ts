// The lots tab: each field is saved when it is changed; making, closing and deleting lots; freeing turns.

import { all, need } from "../dom";
import { send } from "../http";
import { toast } from "../toast";

/** Bring the tab to life, if this is one. */
export function setUpLots(): void {
  const root = document.querySelector<HTMLElement>("[data-lots]");
  if (!root) return;
  for (const row of all("[data-lot]", root)) setUpRow(row);
  for (const row of all("[data-turn]", root)) need("[data-free]", row).addEventListener("click", () => void free(row));
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
