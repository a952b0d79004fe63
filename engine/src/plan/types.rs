//! The plan's table of value types: each entry refers only to earlier ones.

use super::Planned;
use crate::refuse::unsupported;
use crate::writer::Writer;
use std::collections::HashMap;
use wasmtime_environ::component::*;

pub struct TypeTable<'a> {
    types: &'a ComponentTypes,
    entries: Vec<Vec<u8>>,
    known: HashMap<Vec<u8>, u32>,
}

impl<'a> TypeTable<'a> {
    pub fn new(types: &'a ComponentTypes) -> TypeTable<'a> {
        TypeTable { types, entries: Vec::new(), known: HashMap::new() }
    }

    /// The place of `ty` in the table, added (after its parts) if it is new.
    pub fn index(&mut self, ty: &InterfaceType) -> Planned<u32> {
        let mut entry = Writer::default();
        self.encode(ty, &mut entry)?;
        if let Some(found) = self.known.get(&entry.bytes) {
            return Ok(*found);
        }
        let place = self.entries.len() as u32;
        self.known.insert(entry.bytes.clone(), place);
        self.entries.push(entry.bytes);
        Ok(place)
    }

    pub fn write(&self, out: &mut Writer) {
        out.length(self.entries.len());
        for entry in &self.entries {
            out.bytes.extend_from_slice(entry);
        }
    }

    fn encode(&mut self, ty: &InterfaceType, out: &mut Writer) -> Planned<()> {
        match ty {
            InterfaceType::Bool => out.byte(0),
            InterfaceType::S8 => out.byte(1),
            InterfaceType::U8 => out.byte(2),
            InterfaceType::S16 => out.byte(3),
            InterfaceType::U16 => out.byte(4),
            InterfaceType::S32 => out.byte(5),
            InterfaceType::U32 => out.byte(6),
            InterfaceType::S64 => out.byte(7),
            InterfaceType::U64 => out.byte(8),
            InterfaceType::Float32 => out.byte(9),
            InterfaceType::Float64 => out.byte(10),
            InterfaceType::Char => out.byte(11),
            InterfaceType::String => out.byte(12),
            InterfaceType::Own(table) => self.resource(21, *table, out)?,
            InterfaceType::Borrow(table) => self.resource(22, *table, out)?,
            InterfaceType::Future(_)
            | InterfaceType::Stream(_)
            | InterfaceType::ErrorContext(_) => {
                return Err(unsupported("uses a stream, future or error-context"));
            }
            InterfaceType::Map(_) => return Err(unsupported("uses a map type")),
            InterfaceType::FixedLengthList(_) => {
                return Err(unsupported("uses a list of fixed length"));
            }
            _ => self.encode_compound(ty, out)?,
        }
        Ok(())
    }

    fn encode_compound(&mut self, ty: &InterfaceType, out: &mut Writer) -> Planned<()> {
        let types = self.types;
        match ty {
            InterfaceType::Record(index) => {
                let fields = &types[*index].fields;
                out.byte(13);
                out.length(fields.len());
                for field in fields.iter() {
                    out.text(&field.name);
                    out.number(self.index(&field.ty)?);
                }
            }
            InterfaceType::Variant(index) => {
                let cases = &types[*index].cases;
                out.byte(14);
                out.length(cases.len());
                for (name, payload) in cases {
                    out.text(name);
                    self.maybe(payload, out)?;
                }
            }
            InterfaceType::List(index) => {
                out.byte(15);
                out.number(self.index(&types[*index].element)?);
            }
            InterfaceType::Tuple(index) => {
                let members = &types[*index].types;
                out.byte(16);
                out.length(members.len());
                for member in members.iter() {
                    out.number(self.index(member)?);
                }
            }
            InterfaceType::Flags(index) => {
                self.names(17, types[*index].names.iter(), types[*index].names.len(), out);
            }
            InterfaceType::Enum(index) => {
                self.names(18, types[*index].names.iter(), types[*index].names.len(), out);
            }
            InterfaceType::Option(index) => {
                out.byte(19);
                out.number(self.index(&types[*index].ty)?);
            }
            InterfaceType::Result(index) => {
                out.byte(20);
                self.maybe(&types[*index].ok, out)?;
                self.maybe(&types[*index].err, out)?;
            }
            _ => return Err(unsupported("uses an unknown kind of type")),
        }
        Ok(())
    }

    fn names<'n>(
        &self,
        tag: u8,
        names: impl Iterator<Item = &'n String>,
        count: usize,
        out: &mut Writer,
    ) {
        out.byte(tag);
        out.length(count);
        for name in names {
            out.text(name);
        }
    }

    fn maybe(&mut self, ty: &Option<InterfaceType>, out: &mut Writer) -> Planned<()> {
        let index = match ty {
            Some(ty) => Some(self.index(ty)?),
            None => None,
        };
        out.maybe(index);
        Ok(())
    }

    fn resource(&self, tag: u8, table: TypeResourceTableIndex, out: &mut Writer) -> Planned<()> {
        match &self.types[table] {
            TypeResourceTable::Concrete { ty, .. } => {
                out.byte(tag);
                out.number(ty.as_u32());
                Ok(())
            }
            TypeResourceTable::Abstract(_) => {
                Err(unsupported("imports or exports a function of an abstract resource type"))
            }
        }
    }
}
