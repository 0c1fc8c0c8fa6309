// Passkeys: allauth's scripts ask the browser for them; here is what they leave to the page.

import { all } from "./dom";
import { toast } from "./toast";

/** Show what only a browser with passkeys can do, and say it when one was not given. */
export function setUpPasskeys(): void {
  const can = "PublicKeyCredential" in window;
  for (const part of all("[data-needs-passkeys]")) part.hidden = !can;
  for (const part of all("[data-without-passkeys]")) part.hidden = can;
  document.addEventListener("allauth.error", (event) => {
    event.preventDefault(); // it is told here, not in the console
    toast("The passkey was not used: it was cancelled, timed out, or this browser has none for this site.", "error");
  });
}
