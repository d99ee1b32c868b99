//! Whether a page is for everyone: no barrier that axe finds serious or critical, and nothing to scroll sideways, in
//! sizes from a phone's to a desk's. Light or dark is the browser's.

use std::path::Path;

use serde_json::json;

use crate::browser::Browser;

/// How axe comes into a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Axe {
    /// By the page's own server, at `/axe.min.js`: its policy lets in nothing else.
    Served,
    /// By the test.
    Brought,
}

/// A width and a height.
pub type Size = (u32, u32);
/// A phone's.
pub const PHONE: Size = (375, 800);
/// A tablet's.
pub const TABLET: Size = (768, 1000);
/// A desk's.
pub const DESK: Size = (1440, 1000);

/// What axe calls serious or critical, in the page and in its frames.
const BARRIERS: &str = "
    const windows = [window, ...[...document.querySelectorAll('iframe')].map((f) => f.contentWindow)];
    const found = [];
    for (const each of windows) {
      if (!each.axe) {
        const script = each.document.createElement('script');
        script.src = '/axe.min.js';
        const loaded = new Promise((resolve, reject) => {
          script.onload = resolve;
          script.onerror = reject;
        });
        each.document.head.append(script);
        await loaded;
      }
      const { passes, violations } = await each.axe.run(each.document, { iframes: false });
      if (passes.length === 0) found.push('axe looked at nothing');
      for (const { id, impact, nodes } of violations) {
        if (impact === 'serious' || impact === 'critical')
          found.push(`${id}: ${nodes.map(({ html, failureSummary }) => html + ' ' + failureSummary).join('; ')}`);
      }
    }
    return found";

/// Looks at the page as it is now, in these sizes.
pub async fn has_no_barrier(browser: &Browser, axe: Axe, sizes: &[Size], when: &str) {
    // Half a megabyte: once is enough.
    if axe == Axe::Brought && browser.run("return Boolean(window.axe)").await == false {
        let bring = "window.eval(args)";
        browser.run_with(bring, json!(axe_source())).await;
    }
    for &(width, height) in sizes {
        browser.resize(width, height).await;
        let found = browser.run(BARRIERS).await;
        assert_eq!(found, json!([]), "{when}, {width} wide");
        let wider = "return document.documentElement.scrollWidth - innerWidth";
        let wider = browser.run(wider).await;
        assert!(wider.as_i64() <= Some(0), "{when}, {width} wide: {wider}");
    }
}

/// Whether the page was asked for in the dark, and is.
pub async fn is_dark(browser: &Browser) -> bool {
    let dark = "
        const [r, g, b] = getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number);
        return matchMedia('(prefers-color-scheme: dark)').matches && r + g + b < 3 * 128";
    browser.run(dark).await == true
}

fn axe_source() -> String {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../npm/node_modules/axe-core/axe.min.js");
    std::fs::read_to_string(path).expect("the package's tools are installed")
}
