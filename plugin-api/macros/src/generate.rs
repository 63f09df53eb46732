//! The code that the derive writes.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Data, DeriveInput, Fields};

use crate::field::Field;
use crate::literal::Literal;
use crate::schema;
use crate::shape::Shape;

/// `Default`, `Parameters` and `Deserialize` for the struct.
pub(crate) fn parameters(input: &DeriveInput) -> syn::Result<TokenStream> {
    let fields = fields(input)?;
    let name = &input.ident;
    let schema = schema::object(&fields);
    let idents: Vec<_> = fields.iter().map(|field| &field.ident).collect();
    let types: Vec<_> = fields.iter().map(|field| &field.ty).collect();
    let defaults: Vec<_> = fields.iter().map(default).collect();
    let descriptions: Vec<_> = fields.iter().map(describe).collect();
    let numbers = 0..fields.len();

    Ok(quote! {
        #[automatically_derived]
        impl ::core::default::Default for #name {
            fn default() -> Self {
                Self { #(#idents: #defaults),* }
            }
        }

        #[automatically_derived]
        impl ::genomenas_plugin::Parameters for #name {
            const SCHEMA: &'static str = #schema;

            fn from_map(
                map: &::genomenas_plugin::serde_json::Map<
                    ::std::string::String,
                    ::genomenas_plugin::serde_json::Value,
                >,
            ) -> ::genomenas_plugin::Result<Self> {
                const FIELDS: &[::genomenas_plugin::__private::Field] = &[#(#descriptions),*];
                ::genomenas_plugin::__private::refuse_unknown(map, FIELDS)?;
                let defaults = <Self as ::core::default::Default>::default();
                ::core::result::Result::Ok(Self {
                    #(#idents: ::genomenas_plugin::__private::read::<#types>(
                        map, FIELDS, #numbers, defaults.#idents,
                    )?),*
                })
            }
        }

        #[automatically_derived]
        impl<'de> ::genomenas_plugin::serde::Deserialize<'de> for #name {
            fn deserialize<D>(deserializer: D) -> ::core::result::Result<Self, D::Error>
            where
                D: ::genomenas_plugin::serde::Deserializer<'de>,
            {
                let map = <::genomenas_plugin::serde_json::Map<
                    ::std::string::String,
                    ::genomenas_plugin::serde_json::Value,
                > as ::genomenas_plugin::serde::Deserialize<'de>>::deserialize(deserializer)?;
                <Self as ::genomenas_plugin::Parameters>::from_map(&map)
                    .map_err(<D::Error as ::genomenas_plugin::serde::de::Error>::custom)
            }
        }
    })
}

fn fields(input: &DeriveInput) -> syn::Result<Vec<Field>> {
    let refuse = |what: &dyn quote::ToTokens| {
        syn::Error::new_spanned(what, "parameters are a struct with named fields and without generics")
    };
    if !input.generics.params.is_empty() {
        return Err(refuse(&input.generics));
    }
    let Data::Struct(data) = &input.data else {
        return Err(refuse(&input.ident));
    };
    match &data.fields {
        Fields::Named(named) => named.named.iter().map(Field::of).collect(),
        Fields::Unit => Ok(Vec::new()),
        Fields::Unnamed(unnamed) => Err(refuse(unnamed)),
    }
}

fn default(field: &Field) -> TokenStream {
    field.default.as_ref().map_or(quote!(::core::option::Option::None), |default| default.tokens(&field.shape))
}

fn describe(field: &Field) -> TokenStream {
    let name = &field.name;
    let expected = schema::expected(field);
    let one_of = &field.one_of;
    let range = match field.shape.scalar() {
        Shape::Integer { least, most } => {
            let bound = |literal: &Option<Literal>, otherwise: i128| match literal {
                Some(Literal::Integer(value)) => *value,
                _ => otherwise,
            };
            let (least, most) = (bound(&field.minimum, *least), bound(&field.maximum, *most));
            quote!(::genomenas_plugin::__private::Range::Integer(#least, #most))
        }
        Shape::Number => {
            let minimum = field.minimum.as_ref().and_then(Literal::number).unwrap_or(f64::MIN);
            let maximum = field.maximum.as_ref().and_then(Literal::number).unwrap_or(f64::MAX);
            quote!(::genomenas_plugin::__private::Range::Number(#minimum, #maximum))
        }
        _ => quote!(::genomenas_plugin::__private::Range::Any),
    };
    quote! {
        ::genomenas_plugin::__private::Field {
            name: #name,
            expected: #expected,
            range: #range,
            one_of: &[#(#one_of),*],
        }
    }
}
