/** A picture to search with; it is sent to the library's own server and not kept. */

class Example {
  file = $state.raw<File | undefined>(undefined);
  url = $state<string | undefined>(undefined);

  use(file: File): void {
    this.clear();
    this.file = file;
    this.url = URL.createObjectURL(file);
  }

  clear(): void {
    if (this.url) URL.revokeObjectURL(this.url);
    this.file = undefined;
    this.url = undefined;
  }
}

export const example = new Example();
