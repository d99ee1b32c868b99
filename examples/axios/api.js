// The instance that an application has already, with its own interceptors. One line gives it the session.
import axios from "axios";
import { createAuthClient } from "evertoken";
import { attach } from "evertoken/axios";

export const auth = createAuthClient();

export const api = axios.create({ baseURL: location.origin, timeout: 10_000 });

attach(api, auth);

// Interceptors stay what they were. One that adds an Authorization header, or renews after a 401, can go.
api.interceptors.request.use((config) => {
  config.headers.set("Accept-Language", "en");
  return config;
});
