import { mount } from "svelte";
import App from "./App.svelte";
import "./app.css";
import { library } from "./app/library.svelte";
import { router } from "./app/router.svelte";
import { theme } from "./app/theme.svelte";

theme.start();
router.start();
void library.start();

mount(App, { target: document.getElementById("app") as HTMLElement });
