//! A real browser and the driver that steers it.
//!
//! Where this runs as root on Debian (a container, a build machine) they are installed with apt;
//! on anyone's own machine nothing is installed behind their back, only named.

use std::path::{Path, PathBuf};

use crate::debian;
use crate::place::Place;
use crate::say::{Done, Stop};
use crate::tools;

/// Which browser the tests run in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Browser {
    Chrome,
    Firefox,
}

/// Where the browsers are found that are not on the search path.
const APPLICATIONS: [&str; 2] = [
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Firefox.app/Contents/MacOS/firefox",
];

impl Browser {
    /// What the command line and `EVERTOKEN_BROWSER` call it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Chrome => "chrome",
            Self::Firefox => "firefox",
        }
    }

    /// What its driver is called.
    pub(crate) fn driver_name(self) -> &'static str {
        match self {
            Self::Chrome => "chromedriver",
            Self::Firefox => "geckodriver",
        }
    }

    /// The variable in which test runners look for the driver.
    pub(crate) fn driver_variable(self) -> &'static str {
        match self {
            Self::Chrome => "CHROMEDRIVER",
            Self::Firefox => "GECKODRIVER",
        }
    }

    /// Installs what may be installed; gives the driver, or names what is missing.
    pub(crate) fn ready(self, place: &Place) -> Done<PathBuf> {
        if !self.is_there() && debian::is_root()? {
            debian::install(self.packages())?;
        }
        if let Self::Firefox = self
            && self.executable().is_some()
            && tools::find("geckodriver").is_none()
        {
            tools::GECKODRIVER.ensure(place)?;
            return Ok(place.target().join("tools/bin/geckodriver"));
        }
        match self.driver() {
            Some(driver) if self.is_there() => Ok(driver),
            Some(_) | None => Err(Stop::new(match self {
                Self::Chrome => {
                    "Chromium or Chrome and its chromedriver are needed: install both (on Debian: \
                     `apt install chromium chromium-driver`) and run this again."
                }
                Self::Firefox => {
                    "Firefox is needed: install it (on Debian: `apt install firefox-esr`) and run this again."
                }
            })),
        }
    }

    fn is_there(self) -> bool {
        match self {
            Self::Chrome => self.executable().is_some() && self.driver().is_some(),
            // Its driver is built here if need be.
            Self::Firefox => self.executable().is_some(),
        }
    }

    fn executable(self) -> Option<PathBuf> {
        let (names, application): (&[&str], _) = match self {
            Self::Chrome => (
                &[
                    "chromium",
                    "chromium-browser",
                    "google-chrome",
                    "google-chrome-stable",
                    "chrome",
                ],
                "Google Chrome",
            ),
            Self::Firefox => (&["firefox-esr", "firefox"], "firefox"),
        };
        let application = APPLICATIONS
            .map(Path::new)
            .into_iter()
            .find(|path| path.ends_with(application));
        names.iter().find_map(|name| tools::find(name)).or_else(|| {
            application
                .filter(|path| path.is_file())
                .map(Path::to_owned)
        })
    }

    fn driver(self) -> Option<PathBuf> {
        tools::find(self.driver_name())
    }

    fn packages(self) -> &'static [&'static str] {
        match self {
            Self::Chrome => &["chromium", "chromium-driver"],
            Self::Firefox => &["firefox-esr"],
        }
    }
}
