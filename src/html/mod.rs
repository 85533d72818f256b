//! Figures as one page of HTML: no script, no file besides it, nothing from a network. Its charts are SVG without text, so that they
//! fit any width; the words around them are HTML, and each chart has its numbers in a table.

mod bars;
mod cards;
mod columns;
mod definition;
mod document;
mod notes;
mod numbers;
mod phases;
mod runs;
mod section;
mod sessions;
mod table;
mod text;

pub use document::page;
pub use notes::note;
