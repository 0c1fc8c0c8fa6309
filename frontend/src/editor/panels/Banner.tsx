/** A banner over the image. */

import type { ComponentChildren } from "preact";

export function Banner(props: { id: string; tone?: "warn" | "bad"; children: ComponentChildren }) {
  return (
    <div class={`banner ${props.tone ?? ""}`} data-testid="banner" data-banner={props.id}>
      {props.children}
    </div>
  );
}
