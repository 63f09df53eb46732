//! A field with `#[parameter(flatten, …)]`: a struct whose parameters are among those of the struct around it.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::meta::ParseNestedMeta;
use syn::{Expr, Ident, Type};

use crate::attribute::word;
use crate::literal::Literal;
use crate::schema;

/// The field, and what it says differently of the parameters in it.
pub(crate) struct Flat {
    pub(crate) ident: Ident,
    pub(crate) ty: Type,
    overrides: Vec<Override>,
}

/// Another default or description of a parameter.
struct Override {
    ident: Ident,
    default: Option<(Literal, Expr)>,
    about: Option<String>,
}

impl Flat {
    /// Reads the field's attributes. What the parameters of the type are is only known where the code compiles.
    pub(crate) fn of(field: &syn::Field, ident: Ident) -> syn::Result<Self> {
        let mut overrides: Vec<Override> = Vec::new();
        for attribute in field.attrs.iter().filter(|attribute| attribute.path().is_ident("parameter")) {
            attribute.parse_nested_meta(|meta| {
                if meta.path.is_ident("flatten") {
                    return Ok(());
                }
                let read = Override::of(&meta)?;
                if overrides.iter().any(|other| other.ident == read.ident) {
                    return Err(meta.error(format!("`{}` is set twice", read.ident)));
                }
                overrides.push(read);
                Ok(())
            })?;
        }
        Ok(Self { ident, ty: field.ty.clone(), overrides })
    }

    /// The name of the type, for messages.
    pub(crate) fn type_name(&self) -> String {
        let ty = &self.ty;
        quote!(#ty).to_string().replace(' ', "")
    }

    /// The fields of the type, as a constant expression.
    pub(crate) fn fields(&self) -> TokenStream {
        let ty = &self.ty;
        quote!(<#ty as ::genomenas_plugin::Parameters>::FIELDS)
    }

    /// The part of the list of fields that it stands for.
    pub(crate) fn part(&self) -> TokenStream {
        let (fields, overrides) = (self.fields(), self.overrides.iter().map(Override::tokens));
        quote!(::genomenas_plugin::__private::Part::Flat(#fields, &[#(#overrides),*]))
    }

    /// Assertions, checked while the code compiles, that every override fits the type.
    pub(crate) fn checks(&self) -> TokenStream {
        let (fields, type_name) = (self.fields(), self.type_name());
        let checks = self.overrides.iter().map(|other| {
            let (name, span) = (other.ident.to_string(), other.ident.span());
            let unknown = format!("`{type_name}` has no parameter `{name}`");
            let known = quote_spanned! {span=>
                const _: () = ::core::assert!(::genomenas_plugin::__private::has(#fields, #name), #unknown);
            };
            let Some((default, expression)) = &other.default else { return known };
            let unfit =
                format!("`{type_name}` does not allow this default for `{name}`: see its type, bounds and choices");
            let (default, span) = (default.constant(), syn::spanned::Spanned::span(expression));
            let fits = quote_spanned! {span=>
                const _: () = ::core::assert!(::genomenas_plugin::__private::allows(#fields, #name, #default), #unfit);
            };
            quote!(#known #fits)
        });
        quote!(#(#checks)*)
    }
}

impl Override {
    /// Reads `NAME = …` or `NAME(default = …, about = "…")`.
    fn of(meta: &ParseNestedMeta<'_>) -> syn::Result<Self> {
        let Some(ident) = meta.path.get_ident().cloned() else {
            return Err(meta.error("after `flatten` stand names of parameters with their defaults"));
        };
        let mut read = Self { ident, default: None, about: None };
        let mut default = |meta: &ParseNestedMeta<'_>| -> syn::Result<()> {
            let expression: Expr = meta.value()?.parse()?;
            read.default = Some((Literal::of(&expression)?, expression));
            Ok(())
        };
        if !meta.input.peek(syn::token::Paren) {
            default(meta)?;
            return Ok(read);
        }
        let mut about = None;
        meta.parse_nested_meta(|inner| match word(&inner).as_str() {
            "default" => default(&inner),
            "about" => {
                about = Some(inner.value()?.parse::<syn::LitStr>()?.value());
                Ok(())
            }
            other => {
                Err(inner.error(format!("`{other}` is not known here; a flattened parameter takes default and about")))
            }
        })?;
        read.about = about;
        Ok(read)
    }

    fn tokens(&self) -> TokenStream {
        let option = |tokens: Option<TokenStream>| {
            tokens.map_or(quote!(::core::option::Option::None), |some| quote!(::core::option::Option::Some(#some)))
        };
        let name = self.ident.to_string();
        let default = option(self.default.as_ref().map(|(default, _)| schema::default(Some(default))));
        let about = option(self.about.as_ref().map(|about| {
            let json = schema::json(about);
            quote!(#json)
        }));
        quote!(::genomenas_plugin::__private::Override { name: #name, default: #default, description: #about })
    }
}
