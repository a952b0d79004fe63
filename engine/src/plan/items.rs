//! The plan's sections after its types: resources, modules, options, trampolines, initializers,
//! imports and exports.

use super::*;
use std::collections::BTreeMap;
use wasmtime_environ::Atom;

impl Planner<'_> {
    pub(super) fn write_resources(&mut self, out: &mut Writer) -> Planned<()> {
        let mut names = vec![String::new(); self.component.num_resources as usize];
        for (resource, runtime) in self.component.imported_resources.iter() {
            let (import, path) = &self.component.imports[*runtime];
            let name = joined(&self.component.import_types[*import].0, path);
            names[resource.as_u32() as usize] = name;
        }
        for (name, (export, _)) in self.component.exports.raw_iter() {
            self.name_exported_resources(name, *export, &mut names);
        }
        out.length(names.len());
        for (index, name) in names.iter().enumerate() {
            let defined =
                self.component.defined_resource_index(ResourceIndex::from_u32(index as u32));
            out.text(name);
            out.maybe(
                defined.map(|defined| self.component.defined_resource_instances[defined].as_u32()),
            );
        }
        out.number(self.resource_tables);
        for table in 0..self.resource_tables {
            match &self.types[TypeResourceTableIndex::from_u32(table)] {
                TypeResourceTable::Concrete { ty, instance } => {
                    out.maybe(Some(ty.as_u32()));
                    out.number(instance.as_u32());
                }
                TypeResourceTable::Abstract(_) => {
                    out.maybe(None);
                    out.number(0);
                }
            }
        }
        Ok(())
    }

    fn name_exported_resources(&self, name: &str, export: ExportIndex, names: &mut [String]) {
        match &self.component.export_items[export] {
            Export::Type(TypeDef::Resource(table)) => {
                if let TypeResourceTable::Concrete { ty, .. } = &self.types[*table] {
                    let slot = &mut names[ty.as_u32() as usize];
                    if slot.is_empty() {
                        *slot = name.to_string();
                    }
                }
            }
            Export::Instance { exports, .. } => {
                for (field, (inner, _)) in exports.raw_iter() {
                    let field: &str = field;
                    self.name_exported_resources(&format!("{name}#{field}"), *inner, names);
                }
            }
            _ => {}
        }
    }

    pub(super) fn write_modules(&self, out: &mut Writer) {
        out.length(self.modules.len());
        for (_, module) in self.modules.iter() {
            out.length(module.module.initializers.len());
            let inner = &module.module;
            let own = |(index, _): &(MemoryIndex, _)| {
                index.as_u32() as usize >= inner.num_imported_memories
            };
            let pages: u64 = inner
                .memories
                .iter()
                .filter(own)
                .map(|(_, memory)| memory.minimum_byte_size().unwrap_or(u64::MAX) >> 16)
                .sum();
            out.number(u32::try_from(pages).unwrap_or(u32::MAX));
            out.length(inner.memories.len() - inner.num_imported_memories);
            let exported: BTreeMap<u32, Atom> = inner
                .exports
                .iter()
                .filter_map(|(name, entity)| match entity {
                    EntityIndex::Memory(index) => Some((index.as_u32(), *name)),
                    _ => None,
                })
                .filter(|(index, _)| *index as usize >= inner.num_imported_memories)
                .collect();
            out.length(exported.len());
            for name in exported.values() {
                out.text(&inner.strings[*name]);
            }
        }
    }

    /// The modules' code, at the end so that a plan kept beside compiled code can do without it.
    pub(super) fn write_code(&self, out: &mut Writer) {
        for (_, module) in self.modules.iter() {
            out.blob(module.wasm);
        }
    }

    pub(super) fn write_options(&self, out: &mut Writer) -> Planned<()> {
        out.length(self.component.options.len());
        for (_, options) in self.component.options.iter() {
            if options.async_ || options.callback.is_some() {
                return Err(unsupported("uses component-model async"));
            }
            let CanonicalOptionsDataModel::LinearMemory(memory) = options.data_model else {
                return Err(unsupported("uses the garbage-collected canonical ABI"));
            };
            out.number(options.instance.as_u32());
            out.byte(match options.string_encoding {
                StringEncoding::Utf8 => 0,
                StringEncoding::Utf16 => 1,
                StringEncoding::CompactUtf16 => 2,
            });
            out.maybe(memory.memory.map(|index| index.as_u32()));
            out.maybe(memory.realloc.map(|index| index.as_u32()));
            out.maybe(options.post_return.map(|index| index.as_u32()));
            self.write_core_type(options.core_type, out)?;
        }
        Ok(())
    }

    fn write_core_type(&self, ty: ModuleInternedTypeIndex, out: &mut Writer) -> Planned<()> {
        let function = self.types.module_types()[ty].unwrap_func();
        for list in [function.params(), function.results()] {
            out.length(list.len());
            for value in list {
                out.byte(match value {
                    WasmValType::I32 => 0,
                    WasmValType::I64 => 1,
                    WasmValType::F32 => 2,
                    WasmValType::F64 => 3,
                    _ => return Err(unsupported("passes a reference between components")),
                });
            }
        }
        Ok(())
    }

    pub(super) fn write_trampolines(
        &self,
        out: &mut Writer,
        function_of: &HashMap<TypeFuncIndex, u32>,
    ) -> Planned<()> {
        let mut lowered = HashMap::new();
        for initializer in &self.component.initializers {
            if let GlobalInitializer::LowerImport { index, import } = initializer {
                lowered.insert(index.as_u32(), import.as_u32());
            }
        }
        out.length(self.trampolines.len());
        for (index, trampoline) in self.trampolines.iter() {
            self.write_core_type(self.component.trampolines[index], out)?;
            match trampoline {
                Trampoline::LowerImport { index, lower_ty, options } => {
                    let import = lowered
                        .get(&index.as_u32())
                        .and_then(|runtime| self.import_of.get(runtime))
                        .ok_or_else(|| unsupported("lowers something that is not a function"))?;
                    out.byte(0);
                    out.number(*import);
                    out.number(function_of[lower_ty]);
                    out.number(options.as_u32());
                }
                Trampoline::Transcoder { op, from, from64: false, to, to64: false } => {
                    out.byte(1);
                    out.byte(transcode_code(*op));
                    out.number(from.as_u32());
                    out.number(to.as_u32());
                }
                Trampoline::ResourceNew { instance, ty } => {
                    self.write_resource_intrinsic(2, *instance, *ty, out);
                }
                Trampoline::ResourceRep { instance, ty } => {
                    self.write_resource_intrinsic(3, *instance, *ty, out);
                }
                Trampoline::ResourceDrop { instance, ty } => {
                    self.write_resource_intrinsic(4, *instance, *ty, out);
                }
                Trampoline::ResourceTransferOwn => out.byte(5),
                Trampoline::ResourceTransferBorrow => out.byte(6),
                Trampoline::Trap => out.byte(7),
                Trampoline::EnterSyncCall => out.byte(8),
                Trampoline::ExitSyncCall => out.byte(9),
                other => {
                    return Err(unsupported(&format!(
                        "needs the intrinsic {}",
                        other.symbol_name()
                    )));
                }
            }
        }
        Ok(())
    }

    fn write_resource_intrinsic(
        &self,
        tag: u8,
        instance: RuntimeComponentInstanceIndex,
        table: TypeResourceTableIndex,
        out: &mut Writer,
    ) {
        out.byte(tag);
        out.number(instance.as_u32());
        out.number(table.as_u32());
    }

    pub(super) fn write_initializers(&self, out: &mut Writer) -> Planned<()> {
        let mut count = 0;
        let mut steps = Writer::default();
        for initializer in &self.component.initializers {
            count += 1;
            match initializer {
                GlobalInitializer::InstantiateModule(
                    InstantiateModule::Static(module, args),
                    _,
                ) => {
                    steps.byte(0);
                    steps.number(module.as_u32());
                    steps.length(args.len());
                    for argument in args.iter() {
                        self.write_core_def(argument, &mut steps)?;
                    }
                }
                GlobalInitializer::LowerImport { .. } => count -= 1,
                GlobalInitializer::ExtractMemory(memory) => {
                    steps.byte(1);
                    steps.number(memory.index.as_u32());
                    self.write_core_def(&memory.export.clone().into(), &mut steps)?;
                }
                GlobalInitializer::ExtractRealloc(realloc) => {
                    steps.byte(2);
                    steps.number(realloc.index.as_u32());
                    self.write_core_def(&realloc.def, &mut steps)?;
                }
                GlobalInitializer::ExtractPostReturn(post_return) => {
                    steps.byte(3);
                    steps.number(post_return.index.as_u32());
                    self.write_core_def(&post_return.def, &mut steps)?;
                }
                GlobalInitializer::Resource(resource) => {
                    steps.byte(4);
                    steps.number(self.component.resource_index(resource.index).as_u32());
                    steps.byte(u8::from(resource.dtor.is_some()));
                    if let Some(destructor) = &resource.dtor {
                        self.write_core_def(destructor, &mut steps)?;
                    }
                }
                _ => {
                    return Err(unsupported("uses component-model async or imports a core module"))
                }
            }
        }
        out.length(count);
        out.bytes.append(&mut steps.bytes);
        Ok(())
    }

    fn write_core_def(&self, def: &CoreDef, out: &mut Writer) -> Planned<()> {
        match def {
            CoreDef::Export(export) => {
                out.byte(0);
                out.number(export.instance.as_u32());
                out.text(&self.export_name(export)?);
            }
            CoreDef::InstanceFlags(instance) => {
                out.byte(1);
                out.number(instance.as_u32());
            }
            CoreDef::Trampoline(index) => {
                out.byte(2);
                out.number(index.as_u32());
            }
            CoreDef::UnsafeIntrinsic(_) | CoreDef::TaskMayBlock => {
                return Err(unsupported("needs an unsafe or asynchronous intrinsic"));
            }
        }
        Ok(())
    }

    /// A name under which the module of the instance exports the item.
    fn export_name(&self, export: &CoreExport<EntityIndex>) -> Planned<String> {
        let wanted = match &export.item {
            ExportItem::Name(name) => return Ok(name.clone()),
            ExportItem::Index(index) => *index,
        };
        let module = &self.modules[self.instance_modules[export.instance.as_u32() as usize]].module;
        module
            .exports
            .iter()
            .find(|(_, entity)| **entity == wanted)
            .map(|(name, _)| module.strings[name].to_string())
            .ok_or_else(|| unsupported("uses a core item that is not exported"))
    }

    pub(super) fn write_imports(
        &self,
        out: &mut Writer,
        function_of: &HashMap<TypeFuncIndex, u32>,
    ) {
        out.length(self.imports.len());
        for (name, ty) in &self.imports {
            out.text(name);
            out.number(function_of[ty]);
        }
    }

    pub(super) fn write_exports(
        &self,
        out: &mut Writer,
        function_of: &HashMap<TypeFuncIndex, u32>,
    ) -> Planned<()> {
        let mut count = 0;
        let mut items = Writer::default();
        for (name, (export, _)) in self.component.exports.raw_iter() {
            self.write_export(name, *export, function_of, (&mut count, &mut items))?;
        }
        out.length(count);
        out.bytes.append(&mut items.bytes);
        Ok(())
    }

    fn write_export(
        &self,
        name: &str,
        export: ExportIndex,
        function_of: &HashMap<TypeFuncIndex, u32>,
        (count, out): (&mut usize, &mut Writer),
    ) -> Planned<()> {
        match &self.component.export_items[export] {
            Export::LiftedFunction { ty, func, options } => {
                *count += 1;
                out.text(name);
                out.number(function_of[ty]);
                self.write_core_def(func, out)?;
                out.number(options.as_u32());
            }
            Export::Instance { exports, .. } => {
                for (field, (inner, _)) in exports.raw_iter() {
                    let field: &str = field;
                    let inner_name = format!("{name}#{field}");
                    self.write_export(&inner_name, *inner, function_of, (&mut *count, &mut *out))?;
                }
            }
            Export::Type(_) => {}
            Export::ModuleStatic { .. } | Export::ModuleImport { .. } => {
                return Err(unsupported("exports a core module"));
            }
        }
        Ok(())
    }
}

fn transcode_code(op: Transcode) -> u8 {
    match op {
        Transcode::Copy(FixedEncoding::Utf8) => 0,
        Transcode::Copy(FixedEncoding::Utf16) => 1,
        Transcode::Copy(FixedEncoding::Latin1) => 2,
        Transcode::Latin1ToUtf16 => 3,
        Transcode::Latin1ToUtf8 => 4,
        Transcode::Utf16ToCompactProbablyUtf16 => 5,
        Transcode::Utf16ToCompactUtf16 => 6,
        Transcode::Utf16ToLatin1 => 7,
        Transcode::Utf16ToUtf8 => 8,
        Transcode::Utf8ToCompactUtf16 => 9,
        Transcode::Utf8ToLatin1 => 10,
        Transcode::Utf8ToUtf16 => 11,
    }
}
