declare module "jsdom" {
  export class JSDOM {
    constructor(
      html: string,
      options: { readonly url: string; readonly pretendToBeVisual?: boolean },
    );
    readonly window: typeof globalThis & { close(): void };
  }
}
