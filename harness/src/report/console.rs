//! What a user sees while a run goes on, and the verdicts at its end.
//!
//! On a terminal one line tells how the scenario stands and is written over and over; what ended
//! stays. In a log there are no control characters, and a scenario tells about itself every five
//! seconds at most.

mod line;

use std::io::{self, Write};
use std::path::Path;

use self::line::{lasting, plural, standing};
use super::{filters, judgement, number};
use crate::event::{Event, Tick};
use crate::measurement::archive::{FILE, RunRecord};
use crate::units::Micros;
use crate::verdict::judgement::Judgement;
use crate::verdict::outcome::{Overall, Verdict};
use crate::verdict::validity::Cause;
use crate::verdict::{Assessment, Group};

/// Between two lines of one scenario in a log.
const LOG_EVERY: Micros = Micros(5_000_000);

/// A status line must not wrap, or it could not be written over.
const STATUS_WIDTH: usize = 79;

/// Erases the line the cursor is on and goes to its beginning.
const ERASE: &str = "\r\x1b[2K";

/// Prints events and verdicts.
#[derive(Debug)]
pub struct Console<W> {
    out: W,
    tty: bool,
    /// Whether a status line is on the screen.
    status: bool,
    /// When the next line of the scenario is due in a log, since its start.
    next: Micros,
    /// The last second of the scenario, which the line at its end takes the users from.
    last: Option<Tick>,
}

impl<W: Write> Console<W> {
    /// A console on `out`; `tty` says whether that is a terminal.
    pub fn new(out: W, tty: bool) -> Self {
        Self {
            out,
            tty,
            status: false,
            next: LOG_EVERY,
            last: None,
        }
    }

    /// Prints what happened, if it is worth a line.
    ///
    /// # Errors
    /// If `out` cannot be written.
    pub fn event(&mut self, event: &Event) -> io::Result<()> {
        match event {
            Event::Tick(tick) => return self.tick(tick),
            Event::Building { command, log } => {
                let log = log.display();
                self.status(&format!(
                    "building: {} (output in {log})",
                    command.join(" ")
                ))?;
            }
            Event::Connecting { name, url, start } => {
                let what = if *start { "starting" } else { "looking for" };
                self.status(&format!("{what} {name} at {url}"))?;
            }
            Event::BenchStarted { command, log } => {
                let log = log.display();
                self.status(&format!(
                    "benchmarks: {} (output in {log})",
                    command.join(" ")
                ))?;
            }
            Event::MemoryStarted => self.status("memory profile")?,
            Event::ScenarioStarted { .. } | Event::Measuring { .. } => self.begin(event)?,
            // Files are named together at the end.
            Event::Saved { .. } => {}
            other => {
                let line = lasting(other);
                self.line(&line)?;
            }
        }
        self.out.flush()
    }

    fn begin(&mut self, event: &Event) -> io::Result<()> {
        match event {
            Event::ScenarioStarted {
                title,
                position,
                of,
                users,
                at_most,
                warm_up,
                ..
            } => {
                (self.next, self.last) = (LOG_EVERY, None);
                let users = plural(u64::from(*users), "user");
                let at_most = number::clock(*at_most);
                self.line(&format!(
                    "[{position}/{of}] {title}: {users}, at most {at_most}"
                ))?;
                if *warm_up {
                    self.status("      warming up")
                } else {
                    Ok(())
                }
            }
            Event::Measuring {
                warm_up_requests: 0,
                ..
            } => Ok(()),
            Event::Measuring {
                warm_up_requests, ..
            } => {
                let requests = plural(*warm_up_requests, "request");
                self.line(&format!(
                    "      warmed up with {requests}, which are in no figure"
                ))
            }
            _ => Ok(()),
        }
    }

    fn tick(&mut self, tick: &Tick) -> io::Result<()> {
        self.last = Some(tick.clone());
        if self.tty {
            self.status(&format!("      {}", standing(tick)))?;
            return self.out.flush();
        }
        if tick.elapsed < self.next {
            return Ok(());
        }
        // Counted from this line and not from the last due one, so that a pause is not made up for.
        self.next = Micros(tick.elapsed.0 + LOG_EVERY.0);
        self.line(&format!("      {}", standing(tick)))?;
        self.out.flush()
    }

    /// A line that stays.
    fn line(&mut self, text: &str) -> io::Result<()> {
        self.erase()?;
        writeln!(self.out, "{text}")
    }

    /// A line that the next one replaces; an ordinary one in a log.
    fn status(&mut self, text: &str) -> io::Result<()> {
        if !self.tty {
            return writeln!(self.out, "{text}");
        }
        self.erase()?;
        self.status = true;
        if text.chars().count() <= STATUS_WIDTH {
            return write!(self.out, "{text}");
        }
        let cut: String = text.chars().take(STATUS_WIDTH - 1).collect();
        write!(self.out, "{cut}…")
    }

    fn erase(&mut self) -> io::Result<()> {
        if std::mem::take(&mut self.status) {
            write!(self.out, "{ERASE}")
        } else {
            Ok(())
        }
    }

    /// Prints what was judged: every target, why something is invalid, the verdict on the run, and
    /// where to read more. `report` is the dated report's path, `dir` the run's folder.
    ///
    /// # Errors
    /// If `out` cannot be written.
    pub fn verdicts(
        &mut self,
        record: &RunRecord,
        assessment: &Assessment,
        dir: &Path,
        report: &Path,
    ) -> io::Result<()> {
        self.erase()?;
        writeln!(self.out)?;
        self.table(record, assessment)?;
        self.causes(record, assessment)?;
        writeln!(self.out, "Overall: {}", assessment.overall.text())?;
        if assessment.overall != Overall::Passed {
            let counts = counts(assessment);
            writeln!(self.out, "         {counts}")?;
        }
        writeln!(self.out, "Report:  {}", report.display())?;
        writeln!(self.out, "Data:    {}", dir.join(FILE).display())?;
        self.out.flush()
    }

    fn table(&mut self, record: &RunRecord, assessment: &Assessment) -> io::Result<()> {
        let groups: Vec<&Group> = assessment
            .groups()
            .filter(|group| !group.judgements.is_empty())
            .collect();
        let rows = || groups.iter().flat_map(|group| &group.judgements);
        let width = |cell: &dyn Fn(&Judgement) -> String| {
            rows()
                .map(|row| cell(row).chars().count())
                .max()
                .unwrap_or(0)
        };
        let label = width(&|row| row.label.clone());
        let value = width(&filters::value);
        let bound = width(&|row| judgement::bound(row));
        for group in groups {
            writeln!(self.out, "{}", judgement::group(record, &group.name))?;
            for row in &group.judgements {
                // The mark is last because its width on a screen is anybody's guess.
                writeln!(
                    self.out,
                    "  {:label$}  {:>value$}  {:bound$}  {}{}",
                    row.label,
                    filters::value(row),
                    judgement::bound(row),
                    row.verdict.mark(),
                    why(row),
                )?;
            }
        }
        writeln!(self.out)
    }

    fn causes(&mut self, record: &RunRecord, assessment: &Assessment) -> io::Result<()> {
        let run = assessment
            .causes
            .iter()
            .map(|cause| ("The run".to_owned(), cause));
        let groups = assessment.groups().flat_map(|group| {
            group
                .causes
                .iter()
                .map(|cause| (judgement::group(record, &group.name), cause))
        });
        let causes: Vec<(String, &Cause)> = run.chain(groups).collect();
        for (name, cause) in &causes {
            writeln!(self.out, "INVALID {name}: {}", cause.what)?;
            writeln!(self.out, "        {}", cause.advice)?;
        }
        let mut quiet = causes.is_empty();
        for (row, part) in judgement::missing(assessment) {
            quiet = false;
            writeln!(self.out, "INVALID summary row {row}: no target for {part}")?;
            writeln!(self.out, "        {}", judgement::MISSING_ADVICE)?;
        }
        if quiet { Ok(()) } else { writeln!(self.out) }
    }
}

/// Only what did not pass needs a reason.
fn why(judgement: &Judgement) -> String {
    if judgement.verdict == Verdict::Pass {
        String::new()
    } else {
        format!(" ({})", judgement.reason.text())
    }
}

fn counts(assessment: &Assessment) -> String {
    let of = |verdict| {
        assessment
            .judgements()
            .filter(|j| j.verdict == verdict)
            .count()
    };
    format!(
        "{} passed, {} marginal, {} failed, {} invalid",
        of(Verdict::Pass),
        of(Verdict::Marginal),
        of(Verdict::Fail),
        of(Verdict::Invalid),
    )
}

#[cfg(test)]
mod tests;
