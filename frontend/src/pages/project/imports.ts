// Bringing labels in: sends a dataset, and has its check carried out.

import { csrfToken } from "../../shared/csrf";
import { all, need } from "../dom";
import { errorOf, jsonOf, send } from "../http";
import { forget, RESUMABLE_FROM, sendInParts } from "./resumable";
import { optionsIn, showOptionsOf } from "./formatOptions";
import { setMeter } from "./progress";

interface ImportNews {
  readonly id: number;
  readonly state: "queued" | "running" | "checked" | "done" | "failed";
  readonly done: number;
  readonly total: number;
}

const LOOK_EVERY_MS = 700;

export function setUpImports(): void {
  const form = document.querySelector<HTMLFormElement>("[data-import-form]");
  if (form) setUpForm(form);
  const page = document.querySelector<HTMLElement>("[data-import]");
  if (page) setUpPage(page);
}

function setUpForm(form: HTMLFormElement): void {
  const show = () => showOptionsOf(form);
  form.addEventListener("change", show);
  show();
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const button = need<HTMLButtonElement>("[type=submit]", form);
    button.disabled = true;
    tell(form, "");
    post(form).then(
      ({ id }) => location.assign(`/imports/${id}/`),
      (error: unknown) => {
        tell(form, (error as Error).message);
        need("[data-import-meter]", form).hidden = true;
        button.disabled = false;
      },
    );
  });
}

async function post(form: HTMLFormElement): Promise<ImportNews> {
  const body = new FormData();
  const sent = new FormData(form);
  body.append("format", sent.get("format")!);
  body.append("options", JSON.stringify(optionsIn(form)));
  const meter = need("[data-import-meter]", form);
  meter.hidden = false;
  const file = sent.get("file") as File;
  if (file.size < RESUMABLE_FROM) {
    body.append("file", file);
    return postForm(form, body, meter);
  }
  const start = form.dataset["resumable"]!;
  const number = await sendInParts(file, file.name, start, (left) => setMeter(meter, left, file.size));
  body.append("resumable", String(number));
  const made = await postForm(form, body, meter);
  forget(file, file.name, start);
  return made;
}

/** XMLHttpRequest, because fetch does not tell how much has left. */
function postForm(form: HTMLFormElement, body: FormData, meter: HTMLElement): Promise<ImportNews> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", form.dataset["importForm"]!);
    request.setRequestHeader("X-CSRFToken", csrfToken());
    request.upload.addEventListener("progress", ({ loaded, total }) => setMeter(meter, loaded, total));
    request.addEventListener("load", () => {
      const answer = jsonOf(request.responseText);
      if (request.status === 202) resolve(answer as ImportNews);
      else reject(errorOf(request.status, answer));
    });
    request.addEventListener("error", () =>
      reject(new Error("The server can't be reached. Check your connection and try again.")),
    );
    request.send(body);
  });
}

function setUpPage(page: HTMLElement): void {
  const address = page.dataset["import"]!;
  const state = page.dataset["importState"];
  if (state === "queued" || state === "running") void follow(page, address);
  const on = (name: string, act: () => Promise<unknown>) =>
    page.querySelector(`[data-import-${name}]`)?.addEventListener("click", () => void carryOut(page, act));
  on("check", () => checkAgain(page, address));
  on("retry", () => send("POST", `${address}/retry`));
  on("apply", async () => {
    // What is chosen on the page is what is imported: a choice that the check did not know of is checked first.
    if (changed(page)) await checkAgain(page, address);
    else await send("POST", `${address}/apply?skip_defects=${String(skips(page))}`);
  });
  page.querySelector("[data-import-delete]")?.addEventListener("click", () => {
    send("DELETE", address).then(
      () => location.assign(page.dataset["importsPage"]!),
      (error: unknown) => tell(page, (error as Error).message),
    );
  });
  const file = page.querySelector<HTMLFormElement>("[data-mapping-form]");
  file?.addEventListener("submit", (event) => {
    event.preventDefault();
    void carryOut(page, () => sendFile(`${address}/mapping`, file));
  });
  suggestImages(page);
  const name = () => {
    const button = page.querySelector<HTMLElement>("[data-import-apply]");
    if (!button) return;
    button.textContent = changed(page) ? "Check these choices" : button.dataset["words"]!;
    need("[data-import-check]", page).hidden = changed(page); // the other button does that
  };
  page.addEventListener("change", name);
  page.addEventListener("input", name);
  const button = page.querySelector<HTMLElement>("[data-import-apply]");
  if (button) button.dataset["words"] = button.textContent;
  for (const one of all<HTMLSelectElement>("[data-into]", page)) one.dataset["first"] = one.value;
}

async function sendFile(address: string, form: HTMLFormElement): Promise<void> {
  const headers = { "X-CSRFToken": csrfToken() };
  const answer = await fetch(address, { method: "POST", headers, body: new FormData(form) });
  if (!answer.ok) throw errorOf(answer.status, jsonOf(await answer.text()));
}

async function carryOut(page: HTMLElement, act: () => Promise<unknown>): Promise<void> {
  try {
    await act();
    location.reload();
  } catch (error) {
    tell(page, (error as Error).message);
  }
}

/** A name is looked for while it is typed; two images of one name are told apart by their ids. */
function suggestImages(page: HTMLElement): void {
  const list = page.querySelector<HTMLDataListElement>("#project-images");
  if (!list) return;
  let latest = 0;
  page.addEventListener("input", ({ target }) => {
    if (!(target instanceof HTMLInputElement) || target.dataset["ours"] === undefined || target.value === "") return;
    const question = ++latest;
    const query = new URLSearchParams({ q: target.value, limit: "20" });
    setTimeout(() => {
      if (question !== latest) return;
      send<{ results: { id: number; name: string }[] }>("GET", `${page.dataset["images"]!}?${query}`).then(
        ({ results }) => {
          if (question !== latest) return;
          const several = (name: string) => results.filter((one) => one.name === name).length > 1;
          list.replaceChildren(
            ...results.map((one) => new Option(one.name, several(one.name) ? `id:${one.id}` : one.name)),
          );
        },
        () => list.replaceChildren(), // a name can be typed without the list
      );
    }, 200);
  });
}

/** `known` with what the page's fields say; without the images whose field is empty. */
function mappingWith(page: HTMLElement, known: Record<string, string>): Record<string, string> {
  const mapping = new Map(Object.entries(known));
  for (const field of all<HTMLInputElement | HTMLSelectElement>("[data-ours]", page)) {
    const name = field.closest<HTMLElement>("[data-image]")!.dataset["image"]!;
    if (field.value.trim()) mapping.set(name, field.value.trim());
    else mapping.delete(name);
  }
  return Object.fromEntries(mapping);
}

/** Whether defects may be left out. */
function skips(page: HTMLElement): boolean {
  return page.querySelector<HTMLInputElement>("[data-skip]")?.checked ?? false;
}

/** Whether classes or images were chosen that the last check did not know of. */
function changed(page: HTMLElement): boolean {
  const classes = all<HTMLSelectElement>("[data-into]", page).some((one) => one.value !== one.dataset["first"]);
  const images = all<HTMLInputElement | HTMLSelectElement>("[data-ours]", page).some(
    (one) => one.value.trim() !== (one.dataset["first"] ?? ""),
  );
  return classes || images;
}

async function checkAgain(page: HTMLElement, address: string): Promise<void> {
  const { options } = await send<{ options: Record<string, unknown> }>("GET", address);
  const classes: Record<string, string> = { ...(options["classes"] as Record<string, string>) };
  for (const select of all<HTMLSelectElement>("[data-into]", page)) {
    const name = select.closest<HTMLElement>("[data-class]")!.dataset["class"]!;
    if (select.value !== select.dataset["first"]) classes[name] = select.value;
  }
  const skip = page.querySelector<HTMLInputElement>("[data-skip]");
  const mapping = mappingWith(page, options["mapping"] as Record<string, string>);
  const chosen = { ...options, classes, mapping, skip_defects: skip ? skip.checked : options["skip_defects"] };
  await send("POST", `${address}/check`, { options: chosen });
}

/** Show how far it is, and the page anew once there is something to decide. */
async function follow(page: HTMLElement, address: string): Promise<void> {
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    const news = await send<ImportNews>("GET", address).catch(() => null);
    if (!news) continue;
    if (news.state !== "queued" && news.state !== "running") return location.reload();
    const fill = page.querySelector<HTMLElement>("[data-import-meter]");
    if (fill && news.total > 0) fill.style.setProperty("--part", `${(100 * news.done) / news.total}%`);
  }
}

function tell(root: HTMLElement, message: string): void {
  const place = root.querySelector<HTMLElement>("[data-import-error]");
  if (!place) return;
  place.textContent = message;
  place.hidden = message === "";
}
