//! The code that the derive writes.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::DeriveInput;

use crate::flat::Flat;
use crate::member::Member;
use crate::part;

/// `Default`, `Parameters` and `Deserialize` for the struct.
pub(crate) fn parameters(input: &DeriveInput) -> syn::Result<TokenStream> {
    let members = Member::all(input)?;
    let name = &input.ident;
    let idents: Vec<_> = members.iter().map(Member::ident).collect();
    let parts = members.iter().filter_map(part_of);
    let (defaults, values) = (members.iter().map(default), members.iter().map(value));
    let checks = checks(&members);

    Ok(quote! {
        #checks

        #[automatically_derived]
        impl ::core::default::Default for #name {
            fn default() -> Self {
                <Self as ::genomenas_plugin::Parameters>::defaults(<Self as ::genomenas_plugin::Parameters>::FIELDS)
            }
        }

        #[automatically_derived]
        impl ::genomenas_plugin::Parameters for #name {
            const FIELDS: &'static [::genomenas_plugin::__private::Field] = {
                const PARTS: &[::genomenas_plugin::__private::Part] = &[#(#parts),*];
                const COUNT: usize = ::genomenas_plugin::__private::count(PARTS);
                const ALL: [::genomenas_plugin::__private::Field; COUNT] = ::genomenas_plugin::__private::join(PARTS);
                &ALL
            };

            const SCHEMA: &'static str = {
                const FIELDS: &[::genomenas_plugin::__private::Field] =
                    <#name as ::genomenas_plugin::Parameters>::FIELDS;
                const LENGTH: usize = ::genomenas_plugin::__private::schema_length(FIELDS);
                const TEXT: [u8; LENGTH] = ::genomenas_plugin::__private::schema(FIELDS);
                ::genomenas_plugin::__private::text(&TEXT)
            };

            fn defaults(fields: &[::genomenas_plugin::__private::Field]) -> Self {
                Self { #(#idents: #defaults),* }
            }

            fn read(
                map: &::genomenas_plugin::serde_json::Map<
                    ::std::string::String,
                    ::genomenas_plugin::serde_json::Value,
                >,
                fields: &[::genomenas_plugin::__private::Field],
            ) -> ::genomenas_plugin::Result<Self> {
                let defaults = <Self as ::genomenas_plugin::Parameters>::defaults(fields);
                ::core::result::Result::Ok(Self { #(#idents: #values),* })
            }
        }

        #[automatically_derived]
        impl<'de> ::genomenas_plugin::__private::serde::Deserialize<'de> for #name {
            fn deserialize<D>(deserializer: D) -> ::core::result::Result<Self, D::Error>
            where
                D: ::genomenas_plugin::__private::serde::Deserializer<'de>,
            {
                let map = <::genomenas_plugin::serde_json::Map<
                    ::std::string::String,
                    ::genomenas_plugin::serde_json::Value,
                > as ::genomenas_plugin::__private::serde::Deserialize<'de>>::deserialize(deserializer)?;
                <Self as ::genomenas_plugin::Parameters>::from_map(&map)
                    .map_err(<D::Error as ::genomenas_plugin::__private::serde::de::Error>::custom)
            }
        }
    })
}

fn part_of(member: &Member) -> Option<TokenStream> {
    match member {
        Member::Own(field) => Some(part::part(field)),
        Member::Flat(flat) => Some(flat.part()),
        Member::Skipped(_) => None,
    }
}

/// The default of a member, where `fields` says it.
fn default(member: &Member) -> TokenStream {
    match member {
        Member::Own(field) => {
            let (ty, name, default) = (&field.ty, &field.name, field.default());
            quote!(::genomenas_plugin::__private::default_of::<#ty>(fields, #name, #default))
        }
        Member::Flat(flat) => {
            let ty = &flat.ty;
            quote!(<#ty as ::genomenas_plugin::Parameters>::defaults(fields))
        }
        Member::Skipped(_) => quote!(::core::default::Default::default()),
    }
}

/// The value of a member that `map` sets, or its default.
fn value(member: &Member) -> TokenStream {
    match member {
        Member::Own(field) => {
            let (ty, name, ident) = (&field.ty, &field.name, &field.ident);
            quote!(::genomenas_plugin::__private::read::<#ty>(map, fields, #name, defaults.#ident)?)
        }
        Member::Flat(flat) => {
            let ty = &flat.ty;
            quote!(<#ty as ::genomenas_plugin::Parameters>::read(map, fields)?)
        }
        Member::Skipped(ident) => quote!(defaults.#ident),
    }
}

/// Assertions, checked while the code compiles, about what the structs that are flattened have.
fn checks(members: &[Member]) -> TokenStream {
    let flats = members.iter().filter_map(|member| match member {
        Member::Flat(flat) => Some(flat),
        _ => None,
    });
    let flats: Vec<&Flat> = flats.collect();
    let mut checks: Vec<TokenStream> = flats.iter().map(|flat| flat.checks()).collect();
    for (at, flat) in flats.iter().enumerate() {
        let (fields, type_name) = (flat.fields(), flat.type_name());
        for member in members {
            if let Member::Own(field) = member {
                let (name, span) = (&field.name, field.ident.span());
                let twice = format!("`{name}` is a parameter of `{type_name}`, too: names must differ");
                checks.push(quote_spanned! {span=>
                    const _: () = ::core::assert!(!::genomenas_plugin::__private::has(#fields, #name), #twice);
                });
            }
        }
        for other in flats.iter().skip(at + 1) {
            let (span, others) = (other.ident.span(), other.fields());
            let twice = format!("`{type_name}` and `{}` share the name of a parameter", other.type_name());
            checks.push(quote_spanned! {span=>
                const _: () = ::core::assert!(!::genomenas_plugin::__private::overlap(#fields, #others), #twice);
            });
        }
    }
    quote!(#(#checks)*)
}
