//! Memory of one server process after a growing number of operations.

use super::Drawing;
use super::axis::Axis;
use super::plot::{Frame, Plot};
use super::sheet::{Drawn, Fault, Head, Ink, Key, Mark, Sheet};
use super::source::{Source, counted};
use super::style::{BELOW, BLUE, GREEN, ORANGE, PLOT_LEFT, PLOT_RIGHT, Size, TEXT};
use crate::measurement::memory::MemoryRecord;
use crate::report::{filters, number};
use crate::units::Bytes;

pub(super) const NAME: &str = "memory_profile";

const TOP: f64 = 108.0;
const HEIGHT: f64 = 260.0;

/// Widths of a bar and of the space between bars, where a place is 1 wide.
const BAR: f64 = 0.24;
const GAP: f64 = 0.02;

pub(super) fn draw(source: &Source<'_>) -> Result<Option<Drawing>, Fault> {
    let Some(memory) = &source.record.memory else {
        return Ok(None);
    };
    let operations = memory
        .checkpoints
        .last()
        .map_or(0, |checkpoint| checkpoint.operations);
    let head = Head {
        name: NAME,
        title: "Memory profile",
        subtitle: "Resident memory of one server process that does the same operation again and \
                   again"
            .to_owned(),
        footer: source.footer(&format!(
            "n = {}",
            counted(u64::from(operations), "operation")
        )),
        alt: alt(memory),
    };
    Source::finish(head, TOP + HEIGHT + BELOW, |sheet| paint(sheet, memory))
}

fn paint(sheet: &Sheet<'_>, memory: &MemoryRecord) -> Drawn {
    sheet.legend(&[
        Key::new(Mark::Block, BLUE, "right after the last operation"),
        Key::new(Mark::Block, ORANGE, "peak since the checkpoint before"),
        Key::new(Mark::Block, GREEN, "after a pause"),
    ])?;
    let frame = Frame {
        left: PLOT_LEFT,
        top: TOP,
        right: PLOT_RIGHT,
        bottom: TOP + HEIGHT,
    };
    let readings = memory
        .checkpoints
        .iter()
        .flat_map(|c| [c.base, c.peak, c.released]);
    let most = readings
        .chain([memory.start])
        .map(Bytes::as_megabytes)
        .fold(0.0, f64::max);
    let x = Axis::places(memory.checkpoints.len() + 1);
    let plot = Plot::new(sheet, frame, x, Axis::from_zero(most * 1.08, 5));
    plot.grid("operations so far", "resident memory (MB)")?;
    bar(sheet, &plot, 0.0, memory.start, BLUE)?;
    place(sheet, &plot, &frame, 0, "at start")?;
    for (index, checkpoint) in memory.checkpoints.iter().enumerate() {
        let at = (index + 1) as f64;
        bar(sheet, &plot, at - BAR - GAP, checkpoint.base, BLUE)?;
        bar(sheet, &plot, at, checkpoint.peak, ORANGE)?;
        bar(sheet, &plot, at + BAR + GAP, checkpoint.released, GREEN)?;
        let operations = number::count(u64::from(checkpoint.operations));
        place(sheet, &plot, &frame, index + 1, &operations)?;
    }
    Ok(())
}

fn bar(
    sheet: &Sheet<'_>,
    plot: &Plot<'_, '_>,
    at: f64,
    amount: Bytes,
    colour: plotters::style::RGBColor,
) -> Drawn {
    let amount = amount.as_megabytes();
    plot.block((at - BAR / 2.0, 0.0), (at + BAR / 2.0, amount), colour)?;
    let ink = Ink::new(Size::Small, TEXT).centred();
    sheet.text(
        plot.pixel_x(at),
        plot.pixel_y(amount) - 9.0,
        filters::number(amount),
        ink,
    )
}

fn place(
    sheet: &Sheet<'_>,
    plot: &Plot<'_, '_>,
    frame: &Frame,
    index: usize,
    label: &str,
) -> Drawn {
    let ink = Ink::new(Size::Text, TEXT).centred();
    sheet.text(plot.pixel_x(index as f64), frame.bottom + 12.0, label, ink)
}

fn alt(memory: &MemoryRecord) -> String {
    let start = filters::megabytes(memory.start);
    let Some(last) = memory.checkpoints.last() else {
        return format!("Resident memory of the server at its start: {start} MB.");
    };
    format!(
        "Resident memory of the server: {start} MB at its start, {} MB after {}, {} MB at most, \
         {} MB after a pause.",
        filters::megabytes(last.base),
        counted(u64::from(last.operations), "operation"),
        filters::megabytes(
            memory
                .checkpoints
                .iter()
                .map(|c| c.peak)
                .max()
                .unwrap_or_default()
        ),
        filters::megabytes(last.released),
    )
}
