//! The card a chart is drawn on: title, legend, footer, and the description for those who cannot
//! see it. Everything here is in pixels from the upper left corner.

use plotters::backend::SVGBackend;
use plotters::coord::Shift;
use plotters::drawing::{DrawingArea, DrawingAreaErrorKind, IntoDrawingArea as _};
use plotters::element::{Circle, PathElement, Rectangle, Text};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{
    Color as _, FontDesc, FontFamily, FontStyle, FontTransform, RGBColor, ShapeStyle, TextStyle,
};

use super::style::{CARD, EDGE, FAINT, MARGIN, Size, TEXT, UNITS, WIDTH};

/// What can go wrong while drawing.
pub(super) type Fault = DrawingAreaErrorKind<std::io::Error>;

/// The outcome of drawing something.
pub(super) type Drawn = Result<(), Fault>;

/// What stands above and below every chart, and what a screen reader says.
#[derive(Debug, Clone)]
pub(super) struct Head {
    /// File name without its ending.
    pub(super) name: &'static str,
    pub(super) title: &'static str,
    /// What exactly is shown.
    pub(super) subtitle: String,
    /// Where the data is from.
    pub(super) footer: String,
    pub(super) alt: String,
}

/// How a text is set.
#[derive(Clone, Copy)]
pub(super) struct Ink {
    size: Size,
    colour: RGBColor,
    bold: bool,
    across: HPos,
    up: bool,
}

impl Ink {
    pub(super) fn new(size: Size, colour: RGBColor) -> Self {
        Self {
            size,
            colour,
            bold: false,
            across: HPos::Left,
            up: false,
        }
    }

    pub(super) fn bold(self) -> Self {
        Self { bold: true, ..self }
    }

    /// The text's middle is at the point.
    pub(super) fn centred(self) -> Self {
        Self {
            across: HPos::Center,
            ..self
        }
    }

    /// The text's end is at the point.
    pub(super) fn ending(self) -> Self {
        Self {
            across: HPos::Right,
            ..self
        }
    }

    /// Runs from below to above.
    pub(super) fn upwards(self) -> Self {
        Self {
            across: HPos::Center,
            up: true,
            ..self
        }
    }

    fn style(self) -> TextStyle<'static> {
        let style = if self.bold {
            FontStyle::Bold
        } else {
            FontStyle::Normal
        };
        // The back end divides font sizes by 1.24.
        let size = self.size.pixels() * UNITS * 1.24;
        let font = FontDesc::new(FontFamily::SansSerif, size, style);
        let font = if self.up {
            font.transform(FontTransform::Rotate270)
        } else {
            font
        };
        let colour = self.colour.to_backend_color();
        TextStyle {
            font,
            color: colour,
            pos: Pos::new(self.across, VPos::Center),
        }
    }
}

/// How a legend shows a series.
#[derive(Debug, Clone, Copy)]
pub(super) enum Mark {
    Line,
    Block,
    /// A short upright stroke, for limits.
    Stroke,
    Dot,
}

/// One entry of a legend.
#[derive(Debug, Clone)]
pub(super) struct Key {
    pub(super) mark: Mark,
    pub(super) colour: RGBColor,
    pub(super) text: String,
}

impl Key {
    pub(super) fn new(mark: Mark, colour: RGBColor, text: impl Into<String>) -> Self {
        Self {
            mark,
            colour,
            text: text.into(),
        }
    }
}

/// The area of a card.
pub(super) struct Sheet<'a> {
    area: DrawingArea<SVGBackend<'a>, Shift>,
}

impl<'a> Sheet<'a> {
    pub(super) fn area(&self) -> &DrawingArea<SVGBackend<'a>, Shift> {
        &self.area
    }

    /// A text whose vertical middle is at `y`.
    pub(super) fn text(&self, x: f64, y: f64, text: impl Into<String>, ink: Ink) -> Drawn {
        self.area
            .draw(&Text::new(text.into(), point(x, y), ink.style()))
    }

    pub(super) fn line(&self, points: &[(f64, f64)], colour: RGBColor, width: f64) -> Drawn {
        let points: Vec<_> = points.iter().map(|&(x, y)| point(x, y)).collect();
        self.area
            .draw(&PathElement::new(points, stroke(colour, width)))
    }

    pub(super) fn block(&self, from: (f64, f64), to: (f64, f64), colour: RGBColor) -> Drawn {
        let corners = [point(from.0, from.1), point(to.0, to.1)];
        self.area.draw(&Rectangle::new(corners, colour.filled()))
    }

    pub(super) fn dot(&self, x: f64, y: f64, radius: f64, colour: RGBColor) -> Drawn {
        self.area
            .draw(&Circle::new(point(x, y), units(radius), colour.filled()))
    }

    /// Entries side by side, on the line below the subtitle.
    pub(super) fn legend(&self, keys: &[Key]) -> Drawn {
        let mut x = MARGIN;
        for key in keys {
            self.mark(x, 76.0, key)?;
            self.text(x + 24.0, 76.0, &*key.text, Ink::new(Size::Text, TEXT))?;
            x += 24.0 + Size::Text.width(&key.text) + 18.0;
        }
        Ok(())
    }

    /// The sample of a legend entry, 18 pixels wide.
    pub(super) fn mark(&self, x: f64, y: f64, key: &Key) -> Drawn {
        match key.mark {
            Mark::Line => self.line(&[(x, y), (x + 18.0, y)], key.colour, 2.5),
            Mark::Block => self.block((x + 3.0, y - 6.0), (x + 15.0, y + 6.0), key.colour),
            Mark::Stroke => self.line(&[(x + 9.0, y - 7.0), (x + 9.0, y + 7.0)], key.colour, 2.5),
            Mark::Dot => self.dot(x + 9.0, y, 4.5, key.colour),
        }
    }
}

/// Draws a whole card and returns it as SVG.
pub(super) fn card(
    head: &Head,
    height: f64,
    draw: impl FnOnce(&Sheet<'_>) -> Drawn,
) -> Result<String, Fault> {
    let mut svg = String::new();
    {
        let backend = SVGBackend::with_string(&mut svg, (units(WIDTH), units(height)));
        let sheet = Sheet {
            area: backend.into_drawing_area(),
        };
        let title = Ink::new(Size::Title, TEXT).bold();
        sheet.text(MARGIN, 28.0, head.title, title)?;
        let small = Ink::new(Size::Text, FAINT);
        let room = WIDTH - 2.0 * MARGIN;
        sheet.text(MARGIN, 51.0, Size::Text.cut(&head.subtitle, room), small)?;
        draw(&sheet)?;
        let small = Ink::new(Size::Small, FAINT);
        sheet.text(
            MARGIN,
            height - 16.0,
            Size::Small.cut(&head.footer, room),
            small,
        )?;
        sheet.area.present()?;
    }
    Ok(describe(&svg, head, height))
}

/// Puts a head of our own in place of the back end's: pixels as size, the description, the card.
fn describe(svg: &str, head: &Head, height: f64) -> String {
    let body = svg
        .split_once('>')
        .map_or("", |(_, body)| body)
        .trim_start();
    let (name, width, right, bottom) = (head.name, WIDTH, WIDTH * UNITS, height * UNITS);
    let (title, alt) = (escape(head.title), escape(&head.alt));
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {right} {bottom}\" role=\"img\" \
         aria-labelledby=\"{name}-title {name}-desc\" stroke-linejoin=\"round\">\n\
         <title id=\"{name}-title\">{title}</title>\n\
         <desc id=\"{name}-desc\">{alt}</desc>\n\
         <rect x=\"1\" y=\"1\" width=\"{}\" height=\"{}\" rx=\"20\" fill=\"{CARD}\" \
         stroke=\"{EDGE}\" stroke-width=\"2\"/>\n{body}",
        right - 2.0,
        bottom - 2.0,
    )
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

fn point(x: f64, y: f64) -> (i32, i32) {
    ((x * UNITS).round() as i32, (y * UNITS).round() as i32)
}

pub(super) fn units(pixels: f64) -> u32 {
    (pixels * UNITS).round().max(1.0) as u32
}

pub(super) fn stroke(colour: RGBColor, width: f64) -> ShapeStyle {
    colour.stroke_width(units(width))
}
