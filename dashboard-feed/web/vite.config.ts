import { defineConfig } from "vitest/config";

const BROWSER_TESTS_MS = 120_000;

export default defineConfig({
  // Relative, so that the page also works below a path of somebody's reverse proxy.
  base: "./",
  build: {
    target: "es2022",
    // The page's Content-Security-Policy forbids data: URLs.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // `build/compress.mjs` reports how big the page is, and fails if it is too big.
    reportCompressedSize: false,
    chunkSizeWarningLimit: 1000,
  },
  server: {
    proxy: { "/api": process.env["DASHBOARD_FEED_URL"] ?? "http://127.0.0.1:8501" },
  },
  test: {
    projects: [
      { extends: true, test: { name: "unit", include: ["tests/unit/**/*.test.ts"] } },
      {
        extends: true,
        test: {
          name: "browser",
          include: ["tests/browser/**/*.test.ts"],
          testTimeout: BROWSER_TESTS_MS,
          hookTimeout: BROWSER_TESTS_MS,
        },
      },
    ],
  },
});
