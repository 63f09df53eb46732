//! The two macros that authors write. Everything they name goes through `$crate`, so that a plugin depends on
//! `genomenas-plugin` and nothing else of ours.

/// Registers a strategy under an id. Several may be registered in one library.
///
/// ```
/// use genomenas_plugin::prelude::*;
///
/// /// How the search goes.
/// #[derive(Parameters)]
/// struct Search {
///     /// Architectures to train.
///     #[parameter(default = 8, minimum = 1)]
///     trials: u32,
/// }
///
/// struct RandomSearch {
///     search: Search,
/// }
///
/// impl Strategy for RandomSearch {
///     type State = u32; // Trials proposed so far.
///
///     fn propose(&self, proposed: &mut u32, ask: &Ask) -> Result<Proposal> {
///         // …
/// #       Ok(Proposal::Wait)
///     }
///
///     fn update(&self, proposed: &mut u32, report: &Report) -> Result<()> {
///         Ok(())
///     }
/// }
///
/// register! {
///     RandomSearch,
///     id = "random-search",
///     kind = search,
///     about = "Trains architectures drawn uniformly from the space and keeps the best.",
///     parameters = Search,
///     build = |_setup, search| Ok(RandomSearch { search }),
/// }
/// # fn main() {}
/// ```
///
/// * First the type: a [`Strategy`](crate::Strategy), or `Box<dyn Instance>`.
/// * `kind`: `search` or `baseline`.
/// * `parameters`: a type that derives [`Parameters`](crate::Parameters); leave it out where there are none.
/// * `needs`: a list of strings, what the strategy needs of the host; leave it out where it needs nothing special.
/// * `build`: a closure from `&Setup` and the parameters, already checked, to a `Result` of the strategy.
#[macro_export]
macro_rules! register {
    (
        $strategy:ty,
        id = $id:expr,
        kind = $kind:ident,
        about = $about:expr,
        $(parameters = $parameters:ty,)?
        $(needs = [$($need:expr),* $(,)?],)?
        build = $build:expr $(,)?
    ) => {
        const _: () = {
            type RegisteredParameters = $crate::__one_type!($($parameters)?);

            const PIECES: &[$crate::__private::Piece] = &[
                $crate::__private::Piece::Raw("\x1e{\"record\":\"strategy\",\"id\":"),
                $crate::__private::Piece::Text($id),
                $crate::__private::Piece::Raw(",\"kind\":"),
                $crate::__private::Piece::Text($crate::__kind!($kind)),
                $crate::__private::Piece::Raw(",\"about\":"),
                $crate::__private::Piece::Text($about),
                $crate::__private::Piece::Raw(",\"needs\":"),
                $crate::__private::Piece::List(&[$($($need),*)?]),
                $crate::__private::Piece::Raw(",\"parameters\":"),
                $crate::__private::Piece::Raw(<RegisteredParameters as $crate::Parameters>::SCHEMA),
                $crate::__private::Piece::Raw("}\n"),
            ];

            #[used]
            #[unsafe(link_section = ".genomenas")]
            static RECORD: [u8; $crate::__private::length(PIECES)] = $crate::__private::render(PIECES);

            ::core::assert!(
                $crate::__private::is_id($id),
                "a strategy's id is up to 64 lowercase letters, digits, `-`, `_` and `.`",
            );

            $crate::__private::inventory::submit! {
                $crate::__private::Registration {
                    id: $id,
                    record: &RECORD,
                    build: |setup| {
                        let build: fn(
                            &$crate::message::Setup,
                            RegisteredParameters,
                        ) -> $crate::Result<$strategy> = $build;
                        let parameters = <RegisteredParameters as $crate::Parameters>::from_map(&setup.parameters)?;
                        ::core::result::Result::Ok(::core::convert::Into::into(build(setup, parameters)?))
                    },
                }
            }
        };
    };
}

/// Makes the crate a plugin: write it once, next to the [`register!`](crate::register!)s, in a crate with
/// `crate-type = ["cdylib"]`.
///
/// The plugin's id, version, description, licence and authors come from its `Cargo.toml`. The crate can also be an
/// `rlib` and is linked into its own tests as usual; to link *two* plugins into one binary, put `export_plugin!()`
/// behind a feature, because each defines the symbol by which a library is known to be a plugin.
#[macro_export]
macro_rules! export_plugin {
    () => {
        #[cfg(panic = "abort")]
        ::core::compile_error!(
            "a genomenas plugin must be built with panic = \"unwind\": with \"abort\" its panics could not become errors"
        );

        const _: () = {
            const PIECES: &[$crate::__private::Piece] = &[
                $crate::__private::Piece::Raw("\x1e{\"record\":\"plugin\",\"format\":"),
                $crate::__private::Piece::Text($crate::__private::FORMAT),
                $crate::__private::Piece::Raw(",\"abi\":"),
                $crate::__private::Piece::Number($crate::__private::GENERATION),
                $crate::__private::Piece::Raw(",\"protocol\":"),
                $crate::__private::Piece::Text($crate::message::PROTOCOL),
                $crate::__private::Piece::Raw(",\"sdk\":"),
                $crate::__private::Piece::Text($crate::__private::SDK),
                $crate::__private::Piece::Raw(",\"id\":"),
                $crate::__private::Piece::Text(::core::env!("CARGO_PKG_NAME")),
                $crate::__private::Piece::Raw(",\"version\":"),
                $crate::__private::Piece::Text(::core::env!("CARGO_PKG_VERSION")),
                $crate::__private::Piece::Raw(",\"description\":"),
                $crate::__private::Piece::Text(::core::env!("CARGO_PKG_DESCRIPTION")),
                $crate::__private::Piece::Raw(",\"license\":"),
                $crate::__private::Piece::Text(::core::env!("CARGO_PKG_LICENSE")),
                $crate::__private::Piece::Raw(",\"authors\":"),
                $crate::__private::Piece::Text(::core::env!("CARGO_PKG_AUTHORS")),
                $crate::__private::Piece::Raw(",\"target\":\""),
                $crate::__private::TARGET[0],
                $crate::__private::Piece::Raw("-"),
                $crate::__private::TARGET[1],
                $crate::__private::Piece::Raw("-"),
                $crate::__private::TARGET[2],
                $crate::__private::Piece::Raw("\",\"panic\":\"unwind\"}\n"),
            ];

            #[used]
            #[unsafe(link_section = ".genomenas")]
            static RECORD: [u8; $crate::__private::length(PIECES)] = $crate::__private::render(PIECES);

            ::core::assert!(
                $crate::__private::is_id(::core::env!("CARGO_PKG_NAME")),
                "a plugin's id, its crate's name, is up to 64 lowercase letters, digits, `-`, `_` and `.`",
            );

            $crate::__private::inventory::submit! { $crate::__private::PluginRecord(&RECORD) }

            // The name under which abi_stable looks for the header of a library.
            #[cfg(not(test))]
            #[used]
            #[unsafe(export_name = "_1as_0lib_1header_0root_bmodule_bloader")]
            // SAFETY: `root_module` returns a `PluginRootRef`, the type that is named here.
            static HEADER: $crate::__private::LibHeader = unsafe {
                $crate::__private::LibHeader::from_constructor::<$crate::__private::PluginRootRef>(
                    $crate::__private::root_module,
                    $crate::__private::CheckTypeLayout::Yes,
                )
            };
        };
    };
}

/// The given type, or that of no parameters.
#[doc(hidden)]
#[macro_export]
macro_rules! __one_type {
    () => {
        $crate::NoParameters
    };
    ($given:ty) => {
        $given
    };
}

/// A strategy's kind as the manifest writes it.
#[doc(hidden)]
#[macro_export]
macro_rules! __kind {
    (search) => {
        "search"
    };
    (baseline) => {
        "baseline"
    };
    ($other:ident) => {
        ::core::compile_error!("a strategy's kind is `search` or `baseline`")
    };
}
