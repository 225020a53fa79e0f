//! The one look of all charts: a light card with dark text, which reads on light and dark pages,
//! and the palette of Okabe and Ito (2008), which people with colour-blindness can tell apart.

use plotters::style::RGBColor;

/// Charts are this wide; the height depends on the chart.
pub(super) const WIDTH: f64 = 960.0;

/// Left edge of titles and right edge of everything.
pub(super) const MARGIN: f64 = 24.0;

/// Left edge of a plot with labels at its left.
pub(super) const PLOT_LEFT: f64 = 76.0;

/// Right edge of plots.
pub(super) const PLOT_RIGHT: f64 = WIDTH - MARGIN;

/// Top of the space below title, subtitle and legend.
pub(super) const PLOT_TOP: f64 = 106.0;

/// Space below a plot: ticks, axis title, footer.
pub(super) const BELOW: f64 = 74.0;

/// Back-end units per pixel: the back end knows whole units only, and whole pixels would make
/// lines jagged.
pub(super) const UNITS: f64 = 2.0;

pub(super) const CARD: &str = "#fbfbfa";
pub(super) const EDGE: &str = "#deded9";

pub(super) const TEXT: RGBColor = RGBColor(0x22, 0x22, 0x22);
pub(super) const FAINT: RGBColor = RGBColor(0x5c, 0x5c, 0x5c);
pub(super) const GRID: RGBColor = RGBColor(0xe3, 0xe3, 0xdf);
pub(super) const AXIS: RGBColor = RGBColor(0x8a, 0x8a, 0x86);
pub(super) const BAND: RGBColor = RGBColor(0xf1, 0xf1, 0xed);

pub(super) const BLUE: RGBColor = RGBColor(0x00, 0x72, 0xb2);
pub(super) const ORANGE: RGBColor = RGBColor(0xe6, 0x9f, 0x00);
pub(super) const GREEN: RGBColor = RGBColor(0x00, 0x9e, 0x73);
pub(super) const PURPLE: RGBColor = RGBColor(0xcc, 0x79, 0xa7);
pub(super) const SKY: RGBColor = RGBColor(0x56, 0xb4, 0xe9);
pub(super) const GREY: RGBColor = RGBColor(0xa8, 0xa8, 0xa4);
/// Failures and limits, and nothing else.
pub(super) const RED: RGBColor = RGBColor(0xd5, 0x5e, 0x00);

/// The colour of the n-th scenario.
pub(super) fn series(index: usize) -> RGBColor {
    const SERIES: [RGBColor; 6] = [BLUE, ORANGE, GREEN, PURPLE, SKY, TEXT];
    SERIES[index % SERIES.len()]
}

/// Font sizes in pixels.
#[derive(Debug, Clone, Copy)]
pub(super) enum Size {
    Title,
    Text,
    Small,
}

impl Size {
    pub(super) fn pixels(self) -> f64 {
        match self {
            Self::Title => 17.0,
            Self::Text => 12.5,
            Self::Small => 11.5,
        }
    }

    /// How wide a text will be at most, near enough: the reader's font is not known here.
    pub(super) fn width(self, text: &str) -> f64 {
        text.chars().count() as f64 * self.pixels() * 0.6
    }

    /// The text, cut with an ellipsis where it would be wider than `width`.
    pub(super) fn cut(self, text: &str, width: f64) -> String {
        if self.width(text) <= width {
            return text.to_owned();
        }
        let fitting = (width / (self.pixels() * 0.6)).floor() as usize;
        let mut cut: String = text.chars().take(fitting.saturating_sub(1)).collect();
        cut.truncate(cut.trim_end().len());
        cut.push('…');
        cut
    }
}
