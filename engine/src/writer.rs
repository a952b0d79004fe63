//! Primitive pieces of the plan: LEB128 numbers, strings, options, vectors.

#[derive(Default)]
pub struct Writer {
    pub bytes: Vec<u8>,
}

impl Writer {
    pub fn byte(&mut self, value: u8) {
        self.bytes.push(value);
    }

    pub fn number(&mut self, value: u32) {
        let mut rest = value;
        while rest >= 0x80 {
            self.bytes.push((rest as u8 & 0x7f) | 0x80);
            rest >>= 7;
        }
        self.bytes.push(rest as u8);
    }

    pub fn length(&mut self, value: usize) {
        self.number(u32::try_from(value).expect("a component is smaller than 4 GiB"));
    }

    /// 0 for none, else the number plus one.
    pub fn maybe(&mut self, value: Option<u32>) {
        self.number(value.map_or(0, |number| number + 1));
    }

    pub fn blob(&mut self, value: &[u8]) {
        self.length(value.len());
        self.bytes.extend_from_slice(value);
    }

    pub fn text(&mut self, value: &str) {
        self.blob(value.as_bytes());
    }
}
