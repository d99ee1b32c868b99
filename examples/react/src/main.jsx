import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { AuthProvider } from "evertoken/react";
import { BrowserRouter, Route, Routes } from "react-router";

import "../../style.css";
import { auth } from "./auth.js";
import { Account } from "./Account.jsx";
import { Frame } from "./Frame.jsx";
import { Home } from "./Home.jsx";
import { Login } from "./Login.jsx";
import { Protected } from "./Protected.jsx";

createRoot(document.getElementById("root")).render(
  <StrictMode>
    <AuthProvider client={auth}>
      <BrowserRouter>
        <Routes>
          <Route element={<Frame />}>
            <Route index element={<Home />} />
            <Route path="login" element={<Login />} />
            <Route element={<Protected />}>
              <Route path="account" element={<Account />} />
            </Route>
          </Route>
        </Routes>
      </BrowserRouter>
    </AuthProvider>
  </StrictMode>,
);
