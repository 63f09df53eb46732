//! VCF and BCF read and written again.

use std::path::Path;

use noodles::bcf;
use noodles::vcf;
use noodles::vcf::variant::io::Write as _;

use super::*;
use crate::error::Result;
use crate::files::Existing;
use crate::test_support::file;

const VCF: &str = "##fileformat=VCFv4.3\n##contig=<ID=one,length=100>\n##INFO=<ID=DP,Number=1,Type=Integer,Description=\"Depth\">\n\
#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n\
one\t5\trs1\tA\tC,<DEL>\t.\tPASS\tDP=7\n\
one\t3\t.\tAC\t.\t.\t.\t.\n";

fn rows(path: &Path) -> Result<(Vec<String>, Vec<VariantRow>)> {
    let mut variants = VariantFile::open(path)?;
    let mut rows = Vec::new();
    while let Some(row) = variants.next_row()? {
        rows.push(row);
    }
    Ok((variants.header().to_vec(), rows))
}

#[test]
fn lines_are_read_with_line_ends_of_any_kind_and_written_with_more_fields() {
    let folder = tempfile::tempdir().unwrap();
    for text in [VCF.to_owned(), VCF.replace('\n', "\r\n")] {
        let (header, rows) = rows(&file(folder.path(), "a.vcf", text)).unwrap();
        assert_eq!((header.len(), rows.len()), (4, 2));
        assert_eq!((rows[0].line, rows[0].position, rows[0].id.as_deref()), (5, 5, Some("rs1")));
        assert_eq!((rows[0].alternatives.len(), rows[1].alternatives.len()), (2, 0));
        for name in ["out.vcf", "out.vcf.gz"] {
            let path = folder.path().join(name);
            let added = ["##INFO=<ID=X,Number=1,Type=Float,Description=\"x\">".to_owned()];
            let mut writer = VariantWriter::create(&path, &header, &added, Existing::Replaced).unwrap();
            for row in &rows {
                writer.write(row, &[("X".to_owned(), "0.5".to_owned())]).unwrap();
            }
            writer.finish().unwrap();
            let (header, again) = self::rows(&path).unwrap();
            assert_eq!(header.len(), 5);
            assert!(again[0].with_info(&[]).ends_with("DP=7;X=0.5") && again[1].with_info(&[]).ends_with("\t.\tX=0.5"));
        }
    }
}

#[test]
fn bcf_is_read_as_the_lines_that_it_holds() {
    let folder = tempfile::tempdir().unwrap();
    let mut reader = vcf::io::Reader::new(VCF.as_bytes());
    let header = reader.read_header().unwrap();
    let mut writer = bcf::io::Writer::new(Vec::new());
    writer.write_header(&header).unwrap();
    for record in reader.record_bufs(&header) {
        writer.write_variant_record(&header, &record.unwrap()).unwrap();
    }
    writer.try_finish().unwrap();
    let bytes = writer.get_ref().get_ref().clone();
    let (_, of_bcf) = rows(&file(folder.path(), "a.bcf", &bytes)).unwrap();
    let (_, of_vcf) = rows(&file(folder.path(), "a.vcf", VCF)).unwrap();
    for (bcf, vcf) in of_bcf.iter().zip(&of_vcf) {
        assert_eq!(bcf.with_info(&[]), vcf.with_info(&[]));
    }
    assert_eq!(of_bcf.len(), 2);
    let cut = file(folder.path(), "cut.bcf", &bytes[..bytes.len() - 40]);
    assert!(rows(&cut).is_err());
}

#[test]
fn what_is_no_vcf_is_refused_with_its_line() {
    let folder = tempfile::tempdir().unwrap();
    let (_, body) = VCF.split_at(VCF.find("one\t5").unwrap());
    for (text, said) in [
        (String::new(), "is empty: expected a VCF file"),
        (body.to_owned(), "line 1: a VCF file begins with ##fileformat=VCF"),
        ("##fileformat=VCFv4.3\n".to_owned() + body, "line 2: a VCF file begins with"),
        ("##fileformat=VCFv4.3\n".to_owned(), "ends before the line that begins with #CHROM"),
        (VCF.replace("one\t5\t", "one\tfive\t"), "line 5: expected a place from 1 in column POS, found \"five\""),
        (VCF.replace("one\t3\t", "one 3 "), "line 6: expected the 8 columns of VCF"),
    ] {
        let error = rows(&file(folder.path(), "a.vcf", text)).unwrap_err().to_string();
        assert!(error.contains(said), "{error}");
    }
}
