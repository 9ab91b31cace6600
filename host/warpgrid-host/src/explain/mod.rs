//! What a guest is, what it imports, what of that is offered and granted, and what is missing; compiles and
//! runs nothing.
//!
//! | file | what it holds |
//! |---|---|
//! | `report` | [`Explanation`] and how it is made |
//! | `area` | which import belongs to what, and who offers it |
//! | `grants` | what a configuration grants, and the keys that would grant more |
//! | `text` | the explanation for people |

mod area;
mod grants;
mod report;
mod text;

pub use area::Area;
pub use report::{ExplainError, Explanation, Form, Group, Kind, Limit, Missing, ShimState, explain};
