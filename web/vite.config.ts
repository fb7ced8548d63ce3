import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vite";

// The built app is served by Veduta itself, so it lands inside the Python package and needs no host of its own.
export default defineConfig({
  plugins: [svelte()],
  build: {
    outDir: "../src/veduta/server/static",
    emptyOutDir: true,
    target: "es2022",
    assetsInlineLimit: 0, // a strict content security policy allows no data: scripts or fonts
    chunkSizeWarningLimit: 1200,
  },
  server: {
    proxy: { "/api": process.env["VEDUTA_URL"] ?? "http://127.0.0.1:8484" },
  },
});
