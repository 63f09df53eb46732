//! bigWig files as common writers make them: names and blocks in trees of several levels.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::ZlibEncoder;

/// Children of a node, as UCSC's tools have.
const FAN: usize = 256;

/// A chromosome with its length and its values: start, end and value.
pub type Signal<'a> = (&'a str, u32, Vec<(u32, u32, f32)>);

/// A bigWig file with these chromosomes, one block of values each.
pub fn bigwig(chromosomes: &[Signal<'_>]) -> Vec<u8> {
    let mut sorted: Vec<_> = chromosomes.iter().collect();
    sorted.sort_by_key(|(name, ..)| *name);
    let width = sorted.iter().map(|(name, ..)| name.len()).max().unwrap();
    let names: Vec<Entry> = (0..)
        .zip(&sorted)
        .map(|(number, (name, length, _))| {
            let mut key = name.as_bytes().to_vec();
            key.resize(width, 0);
            (key, words(&[number, *length]))
        })
        .collect();
    let names = tree(64 + 32, names, &|first, _| first.to_vec());
    let data = 64 + 32 + names.len();
    let (mut blocks, mut entries) = (Vec::new(), Vec::new());
    for (number, (_, _, values)) in (0..).zip(&sorted) {
        let (Some(first), Some(last)) = (values.first(), values.last()) else { continue };
        let block = block(number, values);
        let bounds = [number, first.0, number, last.1];
        entries.push((words(&bounds), longs(&[data + 8 + blocks.len(), block.len()])));
        blocks.extend(block);
    }
    let index = data + 8 + blocks.len();

    let mut file = words(&[0x888F_FC26, 4]);
    file.extend(longs(&[64, data, index]));
    file.extend(words(&[0, 0, 0, 0, 0, 1 << 16, 0, 0]));
    file.extend(words(&[0x78CA_8C91, u32::try_from(FAN).unwrap(), u32::try_from(width).unwrap(), 8]));
    file.extend(longs(&[sorted.len(), 0]));
    file.extend(names);
    file.extend(longs(&[entries.len()]));
    file.extend(blocks);
    file.extend(words(&[0x2468_ACE0, u32::try_from(FAN).unwrap()]));
    file.resize(index + 48, 0);
    file.extend(tree(index + 48, entries, &|first, last| [&first[..8], &last[8..]].concat()));
    file
}

/// A key and what it stands for.
type Entry = (Vec<u8>, Vec<u8>);
/// Makes the key of a node of those of its first and its last entry.
type Join<'a> = &'a dyn Fn(&[u8], &[u8]) -> Vec<u8>;

/// A tree whose root lies at `start`.
fn tree(start: usize, leaves: Vec<Entry>, join: Join<'_>) -> Vec<u8> {
    // From the leaves to the root; what inner entries stand for, the places of their children, is filled in below.
    let mut levels = vec![leaves];
    while levels.last().unwrap().len() > FAN {
        let nodes = levels.last().unwrap().chunks(FAN);
        levels.push(nodes.map(|node| (join(&node[0].0, &node[node.len() - 1].0), vec![0; 8])).collect());
    }
    let sizes = |level: &[Entry]| -> Vec<usize> {
        let size = |node: &[Entry]| 4 + node.iter().map(|(key, value)| key.len() + value.len()).sum::<usize>();
        level.chunks(FAN).map(size).collect()
    };
    let mut bytes = Vec::new();
    let mut place = start;
    for depth in (0..levels.len()).rev() {
        place += sizes(&levels[depth]).iter().sum::<usize>();
        if depth > 0 {
            let mut child = place;
            let below = sizes(&levels[depth - 1]);
            for ((_, value), size) in levels[depth].iter_mut().zip(below) {
                *value = longs(&[child]);
                child += size;
            }
        }
        for node in levels[depth].chunks(FAN) {
            bytes.extend([u8::from(depth == 0), 0]);
            bytes.extend(u16::try_from(node.len()).unwrap().to_le_bytes());
            bytes.extend(node.iter().flat_map(|(key, value)| [key.as_slice(), value].concat()));
        }
    }
    bytes
}

fn block(number: u32, values: &[(u32, u32, f32)]) -> Vec<u8> {
    let (first, last) = (values[0].0, values[values.len() - 1].1);
    let mut block = words(&[number, first, last, 0, 0]);
    block.extend([1, 0]);
    block.extend(u16::try_from(values.len()).unwrap().to_le_bytes());
    block.extend(values.iter().flat_map(|(start, end, value)| words(&[*start, *end, value.to_bits()])));
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(&block).unwrap();
    encoder.finish().unwrap()
}

fn words(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

fn longs(longs: &[usize]) -> Vec<u8> {
    longs.iter().flat_map(|long| (*long as u64).to_le_bytes()).collect()
}
