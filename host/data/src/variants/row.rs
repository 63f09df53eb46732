//! A line of a VCF file.

use std::path::Path;

use crate::error::Result;
use crate::formats::source::at;
use crate::text::shortened;

/// Columns that every line has.
const COLUMNS: usize = 8;
/// The column of the fields that a program adds to.
const INFO: usize = 7;

/// A line of a VCF file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VariantRow {
    /// Its number in the file, from 1; of BCF, that of its record.
    pub line: u64,
    /// The chromosome.
    pub chromosome: String,
    /// The place of the first base of the reference allele, from 1; 0 is before the chromosome.
    pub position: u64,
    /// What the variant is called, where it is called anything.
    pub id: Option<String>,
    /// The reference allele, as it is written.
    pub reference: String,
    /// The alternative alleles, as they are written; none where the line has a dot.
    pub alternatives: Vec<String>,
    text: String,
}

impl VariantRow {
    pub(super) fn new(path: &Path, line: u64, text: &str) -> Result<Self> {
        let columns: Vec<&str> = text.split('\t').collect();
        let [chromosome, position, id, reference, alternatives, ..] = columns.as_slice() else {
            return Err(at(path, line, not_vcf(columns.len(), text)));
        };
        if columns.len() < COLUMNS {
            return Err(at(path, line, not_vcf(columns.len(), text)));
        }
        let Ok(position) = position.parse() else {
            return Err(at(
                path,
                line,
                format!("expected a place from 1 in column POS, found {:?}", shortened(position)),
            ));
        };
        if chromosome.is_empty() || reference.is_empty() {
            return Err(at(path, line, "the chromosome or the reference allele is empty"));
        }
        let alternatives = match *alternatives {
            "." | "" => Vec::new(),
            alternatives => alternatives.split(',').map(str::to_owned).collect(),
        };
        Ok(Self {
            line,
            chromosome: (*chromosome).to_owned(),
            position,
            id: Some(*id).filter(|id| !matches!(*id, "." | "")).map(str::to_owned),
            reference: (*reference).to_owned(),
            alternatives,
            text: text.to_owned(),
        })
    }

    /// The line with these fields at the end of its column INFO.
    pub(super) fn with_info(&self, fields: &[(String, String)]) -> String {
        let added: Vec<String> = fields.iter().map(|(key, value)| format!("{key}={value}")).collect();
        let added = added.join(";");
        let columns = self.text.split('\t').enumerate().map(|(at, column)| match (at, column) {
            (INFO, _) if added.is_empty() => column.to_owned(),
            (INFO, "." | "") => added.clone(),
            (INFO, column) => format!("{column};{added}"),
            _ => column.to_owned(),
        });
        columns.collect::<Vec<_>>().join("\t")
    }
}

fn not_vcf(columns: usize, text: &str) -> String {
    format!("expected the {COLUMNS} columns of VCF, separated by tabs, found {columns}: {:?}", shortened(text))
}
