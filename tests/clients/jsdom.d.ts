declare module "jsdom" {
  interface PageRequest {
    open(method: string, url: string): void;
    setRequestHeader(name: string, value: string): void;
    send(body: string): void;
    onload: () => void;
    onerror: () => void;
    readonly status: number;
  }
  export class JSDOM {
    constructor(html: string, options: { readonly url: string });
    readonly window: { readonly XMLHttpRequest: new () => PageRequest; close(): void };
  }
}
