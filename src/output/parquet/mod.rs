//! Parquet: typed columns. Without the feature `parquet`, its files are known by name, but neither written nor read.

#[cfg(not(feature = "parquet"))]
mod absent;
#[cfg(feature = "parquet")]
mod counting;
#[cfg(feature = "parquet")]
mod encoder;
#[cfg(feature = "parquet")]
mod file;
#[cfg(feature = "parquet")]
mod properties;
#[cfg(feature = "parquet")]
mod reading;

#[cfg(not(feature = "parquet"))]
pub use absent::Parquet;
#[cfg(feature = "parquet")]
pub use encoder::Parquet;
