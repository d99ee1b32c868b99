// The page around the app. What React reports while it takes over from the server, a test reads from `complaints`.
const listen = `
  window.complaints = [];
  addEventListener("error", ({ message }) => complaints.push(message));
  const { error } = console;
  console.error = (...said) => { complaints.push(said.map(String).join(" ")); error(...said); };`;

export const metadata = { title: "evertoken in a Next.js app", icons: { icon: "data:," } };

export default function Layout({ children }) {
  return (
    <html lang="en">
      <body>
        <script dangerouslySetInnerHTML={{ __html: listen }} />
        {children}
      </body>
    </html>
  );
}
