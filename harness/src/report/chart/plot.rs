//! A plot on a card: two axes, a grid, and data in the axes' values.

use plotters::backend::SVGBackend;
use plotters::coord::cartesian::Cartesian2d;
use plotters::drawing::DrawingArea;
use plotters::element::{Circle, PathElement, Polygon, Rectangle};
use plotters::style::{Color as _, RGBColor};

use super::axis::Axis;
use super::sheet::{Drawn, Ink, Sheet, stroke, units};
use super::style::{AXIS, FAINT, GRID, Size, TEXT, UNITS};

/// A rectangle of pixels.
#[derive(Debug, Clone, Copy)]
pub(super) struct Frame {
    pub(super) left: f64,
    pub(super) top: f64,
    pub(super) right: f64,
    pub(super) bottom: f64,
}

/// A frame with axes.
pub(super) struct Plot<'s, 'a> {
    sheet: &'s Sheet<'a>,
    area: DrawingArea<SVGBackend<'a>, Cartesian2d<Axis, Axis>>,
    frame: Frame,
    x: Axis,
    y: Axis,
}

impl<'s, 'a> Plot<'s, 'a> {
    pub(super) fn new(sheet: &'s Sheet<'a>, frame: Frame, x: Axis, y: Axis) -> Self {
        let unit = |pixels: f64| (pixels * UNITS).round() as i32;
        let across = unit(frame.left)..unit(frame.right);
        // Pixels grow downwards and values upwards.
        let down = unit(frame.bottom)..unit(frame.top);
        let coordinates = Cartesian2d::new(x.clone(), y.clone(), (across, down));
        let area = sheet.area().apply_coord_spec(coordinates);
        Self {
            sheet,
            area,
            frame,
            x,
            y,
        }
    }

    /// Upright and level lines at the ticks, with their labels, and the axis titles.
    pub(super) fn grid(&self, x_title: &str, y_title: &str) -> Drawn {
        self.columns(x_title)?;
        self.rows(y_title)
    }

    /// Upright lines at the ticks of the x axis, labelled below.
    pub(super) fn columns(&self, title: &str) -> Drawn {
        let Frame {
            left,
            top,
            right,
            bottom,
        } = self.frame;
        for tick in self.x.ticks() {
            let x = self.pixel_x(tick.value);
            self.sheet.line(&[(x, top), (x, bottom)], GRID, 1.0)?;
            if let Some(label) = &tick.label {
                let ink = Ink::new(Size::Small, TEXT).centred();
                self.sheet.text(x, bottom + 12.0, &**label, ink)?;
            }
        }
        self.sheet
            .line(&[(left, bottom), (right, bottom)], AXIS, 1.0)?;
        let ink = Ink::new(Size::Small, FAINT).centred();
        self.sheet
            .text(f64::midpoint(left, right), bottom + 31.0, title, ink)
    }

    /// Level lines at the ticks of the y axis, labelled at the left.
    pub(super) fn rows(&self, title: &str) -> Drawn {
        let Frame {
            left,
            top,
            right,
            bottom,
        } = self.frame;
        let mut widest: f64 = 0.0;
        for tick in self.y.ticks() {
            let y = self.pixel_y(tick.value);
            let line = if tick.value <= self.y.low() {
                AXIS
            } else {
                GRID
            };
            self.sheet.line(&[(left, y), (right, y)], line, 1.0)?;
            if let Some(label) = &tick.label {
                let ink = Ink::new(Size::Small, TEXT).ending();
                self.sheet.text(left - 7.0, y, &**label, ink)?;
                widest = widest.max(Size::Small.width(label));
            }
        }
        let ink = Ink::new(Size::Small, FAINT).upwards();
        self.sheet
            .text(left - widest - 20.0, f64::midpoint(top, bottom), title, ink)
    }

    pub(super) fn line(&self, points: Vec<(f64, f64)>, colour: RGBColor, width: f64) -> Drawn {
        if points.len() < 2 {
            return points
                .into_iter()
                .try_for_each(|at| self.dot(at, width, colour));
        }
        self.area
            .draw(&PathElement::new(points, stroke(colour, width)))
    }

    /// The surface between a line and the x axis.
    pub(super) fn surface(&self, points: &[(f64, f64)], colour: RGBColor) -> Drawn {
        let (Some(first), Some(last)) = (points.first(), points.last()) else {
            return Ok(());
        };
        let floor = self.y.low();
        let mut outline = vec![(first.0, floor)];
        outline.extend_from_slice(points);
        outline.push((last.0, floor));
        self.area
            .draw(&Polygon::new(outline, colour.mix(0.22).filled()))
    }

    pub(super) fn block(&self, from: (f64, f64), to: (f64, f64), colour: RGBColor) -> Drawn {
        self.area.draw(&Rectangle::new([from, to], colour.filled()))
    }

    pub(super) fn dot(&self, at: (f64, f64), radius: f64, colour: RGBColor) -> Drawn {
        self.area
            .draw(&Circle::new(at, units(radius), colour.filled()))
    }

    pub(super) fn pixel_x(&self, value: f64) -> f64 {
        self.frame.left + (self.frame.right - self.frame.left) * self.x.share(value)
    }

    pub(super) fn pixel_y(&self, value: f64) -> f64 {
        self.frame.bottom - (self.frame.bottom - self.frame.top) * self.y.share(value)
    }
}
