/** Light, dark, or whatever the system says. */

export type Theme = "system" | "light" | "dark";

const KEY = "veduta.theme";
const dark = matchMedia("(prefers-color-scheme: dark)");

class ThemeChoice {
  choice = $state<Theme>("system");
  system = $state(dark.matches);

  start(): void {
    const kept = localStorage.getItem(KEY);
    if (kept === "light" || kept === "dark") this.choice = kept;
    dark.addEventListener("change", (event) => (this.system = event.matches));
    this.apply();
  }

  set(choice: Theme): void {
    this.choice = choice;
    localStorage.setItem(KEY, choice);
    this.apply();
  }

  get dark(): boolean {
    return this.choice === "dark" || (this.choice === "system" && this.system);
  }

  private apply(): void {
    if (this.choice === "system") delete document.documentElement.dataset["theme"];
    else document.documentElement.dataset["theme"] = this.choice;
  }
}

export const theme = new ThemeChoice();
