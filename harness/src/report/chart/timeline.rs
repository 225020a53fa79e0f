//! Scenarios end to end on one axis of measured time: each is a band with its number; warm-up and
//! pauses between scenarios are left out.

use super::axis::{Axis, time_unit};
use super::plot::{Frame, Plot};
use super::sheet::{Drawn, Ink, Sheet};
use super::source::{Measured, Source};
use super::style::{AXIS, BAND, BELOW, FAINT, MARGIN, PLOT_LEFT, PLOT_RIGHT, Size, TEXT, WIDTH};

/// Height of the strip above the plot that holds the names of the bands.
const STRIP: f64 = 20.0;

/// One scenario on the axis.
#[derive(Debug, Clone, Copy)]
pub(super) struct Band<'r> {
    pub(super) scenario: Measured<'r>,
    /// Measured seconds before it.
    pub(super) start: f64,
    pub(super) length: f64,
}

/// The bands of a run.
#[derive(Debug)]
pub(super) struct Timeline<'r> {
    pub(super) bands: Vec<Band<'r>>,
    pub(super) total: f64,
    /// Top of the bands; the plot begins a strip below.
    top: f64,
    /// The names of bands that are too narrow to hold them, in lines.
    key: Vec<String>,
}

impl<'r> Timeline<'r> {
    /// Bands below `top`; none if nothing was measured.
    pub(super) fn of(source: &Source<'r>, top: f64) -> Option<Self> {
        let mut bands = Vec::new();
        let mut total = 0.0;
        for scenario in &source.scenarios {
            let length = scenario.record.duration.as_secs();
            if length > 0.0 {
                bands.push(Band {
                    scenario: *scenario,
                    start: total,
                    length,
                });
                total += length;
            }
        }
        if bands.is_empty() {
            return None;
        }
        let mut timeline = Self {
            bands,
            total,
            top,
            key: Vec::new(),
        };
        timeline.key = timeline.key_lines();
        Some(timeline)
    }

    /// Height of the card for a plot of this height.
    pub(super) fn height(&self, plot: f64) -> f64 {
        self.top + STRIP + plot + BELOW + self.key.len() as f64 * 16.0
    }

    /// The empty plot with bands and grid.
    pub(super) fn plot<'s, 'a>(
        &self,
        sheet: &'s Sheet<'a>,
        height: f64,
        y: Axis,
        y_title: &str,
    ) -> Result<Plot<'s, 'a>, super::Fault> {
        let top = self.top + STRIP;
        let frame = Frame {
            left: PLOT_LEFT,
            top,
            right: PLOT_RIGHT,
            bottom: top + height,
        };
        let x = Axis::time(self.total, frame.right - frame.left);
        let plot = Plot::new(sheet, frame, x, y);
        for (index, band) in self.bands.iter().enumerate() {
            let (from, to) = (
                plot.pixel_x(band.start),
                plot.pixel_x(band.start + band.length),
            );
            if index % 2 == 1 {
                sheet.block((from, self.top), (to, frame.bottom), BAND)?;
            }
        }
        let several = if self.bands.len() > 1 {
            ", scenarios end to end"
        } else {
            ""
        };
        let x_title = format!("measured time ({}){several}", time_unit(self.total));
        plot.grid(&x_title, y_title)?;
        self.names(sheet, &plot, frame)?;
        Ok(plot)
    }

    fn names(&self, sheet: &Sheet<'_>, plot: &Plot<'_, '_>, frame: Frame) -> Drawn {
        for band in &self.bands {
            let (from, to) = (
                plot.pixel_x(band.start),
                plot.pixel_x(band.start + band.length),
            );
            if band.start > 0.0 {
                sheet.line(&[(from, self.top), (from, frame.bottom)], AXIS, 1.0)?;
            }
            let (name, number) = (band.scenario.heading(), band.scenario.number().to_string());
            let room = to - from - 8.0;
            let text = if Size::Small.width(&name) <= room {
                name
            } else {
                number
            };
            if Size::Small.width(&text) <= room + 6.0 {
                let ink = Ink::new(Size::Small, TEXT).bold().centred();
                sheet.text(f64::midpoint(from, to), self.top + STRIP / 2.0, text, ink)?;
            }
        }
        for (line, text) in self.key.iter().enumerate() {
            let y = frame.bottom + 51.0 + line as f64 * 16.0;
            sheet.text(MARGIN, y, text.as_str(), Ink::new(Size::Small, FAINT))?;
        }
        Ok(())
    }

    fn key_lines(&self) -> Vec<String> {
        let pixels = (PLOT_RIGHT - PLOT_LEFT) / self.total;
        let named = |band: &Band<'_>| {
            Size::Small.width(&band.scenario.heading()) <= band.length * pixels - 8.0
        };
        let mut lines: Vec<String> = Vec::new();
        for band in self.bands.iter().filter(|band| !named(band)) {
            let name = Size::Small.cut(&band.scenario.heading(), 290.0);
            match lines.last_mut() {
                Some(line)
                    if Size::Small.width(line) + Size::Small.width(&name) + 20.0
                        < WIDTH - 2.0 * MARGIN =>
                {
                    line.push_str(" · ");
                    line.push_str(&name);
                }
                _ => lines.push(name),
            }
        }
        lines
    }
}
