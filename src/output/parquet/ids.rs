//! The column of session ids: no two of them are the same, and their digits are as good as random.
//!
//! What the library does for a column of texts, statistics, dictionaries and searches for repetitions, takes time and finds
//! nothing here. So the pages of this column are made here, from the bytes of the ids.

use super::id_page::IdPage;
use super::written::Written;
use arrow_array::FixedSizeBinaryArray;
use bytes::Bytes;
use parquet::basic::{Compression, Encoding, EncodingMask, PageType, ZstdLevel};
use parquet::column::page::{CompressedPage, Page, PageWriter};
use parquet::column::writer::ColumnCloseResult;
use parquet::errors::Result;
use parquet::file::metadata::{ColumnChunkMetaData, OffsetIndexBuilder, PageEncodingStats};
use parquet::file::writer::{SerializedPageWriter, SerializedRowGroupWriter, TrackedWrite};
use parquet::schema::types::ColumnDescPtr;

/// The column in one row group.
pub(super) struct IdColumn {
    description: ColumnDescPtr,
    /// The page that grows.
    page: IdPage,
    pages: TrackedWrite<Vec<u8>>,
    offsets: OffsetIndexBuilder,
    count: Count,
}

/// What is in the pages.
#[derive(Debug, Clone, Copy, Default)]
struct Count {
    pages: i32,
    ids: u64,
    bytes_uncompressed: u64,
}

impl IdColumn {
    pub(super) fn new(description: ColumnDescPtr) -> Self {
        Self {
            description,
            page: IdPage::default(),
            pages: TrackedWrite::new(Vec::new()),
            offsets: OffsetIndexBuilder::new(),
            count: Count::default(),
        }
    }

    /// The memory that it takes.
    pub(super) fn bytes(&self) -> usize {
        self.pages.bytes_written() + self.page.bytes()
    }

    /// Takes ids.
    pub(super) fn write(&mut self, ids: &FixedSizeBinaryArray) -> Result<()> {
        let mut rest = ids.value_data().as_chunks().0;
        while !rest.is_empty() {
            let (ids, behind) = rest.split_at(self.page.room().min(rest.len()));
            self.page.push(ids);
            if self.page.room() == 0 {
                self.end_page()?;
            }
            rest = behind;
        }
        Ok(())
    }

    fn end_page(&mut self) -> Result<()> {
        let ids = self.page.len();
        let page = Page::DataPage {
            buf: self.page.compress().into(),
            num_values: u32::try_from(ids)?,
            encoding: Encoding::PLAIN,
            def_level_encoding: Encoding::RLE,
            rep_level_encoding: Encoding::RLE,
            statistics: None,
        };
        let page = CompressedPage::new(page, self.page.bytes());
        let written = SerializedPageWriter::new(&mut self.pages).write_page(page)?;
        self.page.clear();
        self.offsets.append_row_count(int(ids as u64)?);
        self.offsets.append_offset_and_size(int(written.offset)?, i32::try_from(written.compressed_size)?);
        self.count.pages += 1;
        self.count.ids += ids as u64;
        self.count.bytes_uncompressed += written.uncompressed_size as u64;
        Ok(())
    }

    /// Ends the column, and copies it into the row group.
    pub(super) fn append_to(mut self, group: &mut SerializedRowGroupWriter<'_, Written>) -> Result<()> {
        if self.page.len() > 0 {
            self.end_page()?;
        }
        let metadata = self.metadata()?;
        let pages = Bytes::from(self.pages.into_inner()?);
        let column = ColumnCloseResult {
            bytes_written: pages.len() as u64,
            rows_written: self.count.ids,
            metadata,
            bloom_filter: None,
            column_index: None,
            offset_index: Some(self.offsets.build()),
        };
        group.append_column(&pages, column)
    }

    fn metadata(&self) -> Result<ColumnChunkMetaData> {
        let encodings = [Encoding::PLAIN, Encoding::RLE];
        ColumnChunkMetaData::builder(self.description.clone())
            .set_compression(Compression::ZSTD(ZstdLevel::default()))
            .set_encodings_mask(EncodingMask::new_from_encodings(encodings.iter()))
            .set_page_encoding_stats(vec![PageEncodingStats {
                page_type: PageType::DATA_PAGE,
                encoding: Encoding::PLAIN,
                count: self.count.pages,
            }])
            .set_num_values(int(self.count.ids)?)
            .set_total_compressed_size(int(self.pages.bytes_written() as u64)?)
            .set_total_uncompressed_size(int(self.count.bytes_uncompressed)?)
            .set_data_page_offset(0)
            .build()
    }
}

fn int(number: u64) -> Result<i64> {
    Ok(i64::try_from(number)?)
}
