// The page and the backend are one origin, here as in production: no CORS, and a cookie that is the page's own.
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

const backend = process.env.BACKEND ?? "http://127.0.0.1:4000";
const proxy = { "/auth": backend };

export default defineConfig({
  plugins: [react()],
  server: { proxy },
  preview: { proxy },
});
