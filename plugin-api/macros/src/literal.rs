//! The values that an attribute can have: literals only, because the manifest is read before anything runs.

use proc_macro2::TokenStream;
use quote::quote;
use serde_json::Value;
use syn::{Expr, ExprLit, ExprUnary, Lit, UnOp};

use crate::shape::Shape;

/// A literal, or a list of them.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Literal {
    Bool(bool),
    Integer(i128),
    Number(f64),
    Text(String),
    List(Vec<Literal>),
}

impl Literal {
    /// Reads an attribute's value.
    pub(crate) fn of(expression: &Expr) -> syn::Result<Self> {
        let refuse = || {
            syn::Error::new_spanned(
                expression,
                "expected a literal (true, 8, 0.5, \"text\") or a list of literals: it is written into the manifest, \
                 which is read before any code of the plugin runs",
            )
        };
        match expression {
            Expr::Lit(ExprLit { lit, .. }) => match lit {
                Lit::Bool(value) => Ok(Self::Bool(value.value)),
                Lit::Int(value) => Ok(Self::Integer(value.base10_parse()?)),
                Lit::Float(value) => match value.base10_parse::<f64>()? {
                    number if number.is_finite() => Ok(Self::Number(number)),
                    _ => Err(refuse()),
                },
                Lit::Str(value) => Ok(Self::Text(value.value())),
                _ => Err(refuse()),
            },
            Expr::Unary(ExprUnary { op: UnOp::Neg(_), expr, .. }) => match Self::of(expr)? {
                Self::Integer(value) => Ok(Self::Integer(-value)),
                Self::Number(value) => Ok(Self::Number(-value)),
                _ => Err(refuse()),
            },
            Expr::Array(list) => list.elems.iter().map(Self::of).collect::<syn::Result<_>>().map(Self::List),
            Expr::Group(group) => Self::of(&group.expr),
            Expr::Paren(inner) => Self::of(&inner.expr),
            _ => Err(refuse()),
        }
    }

    /// Whether a value of `shape` can be this literal.
    pub(crate) fn fits(&self, shape: &Shape) -> bool {
        match (self, shape) {
            (Self::Bool(_), Shape::Bool)
            | (Self::Integer(_) | Self::Number(_), Shape::Number)
            | (Self::Text(_), Shape::Text) => true,
            (Self::Integer(value), Shape::Integer { least, most }) => least <= value && value <= most,
            (Self::List(items), Shape::List(inner)) => items.iter().all(|item| item.fits(inner)),
            (_, Shape::Optional(inner)) => self.fits(inner),
            _ => false,
        }
    }

    /// The literal's single values: its items, or itself.
    pub(crate) fn scalars(&self) -> &[Self] {
        match self {
            Self::List(items) => items,
            _ => std::slice::from_ref(self),
        }
    }

    /// The number, for comparisons with bounds.
    pub(crate) fn number(&self) -> Option<f64> {
        match self {
            #[expect(clippy::cast_precision_loss, reason = "bounds beyond 2^53 are compared by integer first")]
            Self::Integer(value) => Some(*value as f64),
            Self::Number(value) => Some(*value),
            _ => None,
        }
    }

    /// Rust code for a value of `shape`.
    pub(crate) fn tokens(&self, shape: &Shape) -> TokenStream {
        match (self, shape) {
            (_, Shape::Optional(inner)) => {
                let inner = self.tokens(inner);
                quote!(::core::option::Option::Some(#inner))
            }
            (Self::List(items), Shape::List(inner)) => {
                let items = items.iter().map(|item| item.tokens(inner));
                quote!(::std::vec![#(#items),*])
            }
            (Self::Text(text), _) => quote!(::std::string::String::from(#text)),
            (Self::Bool(value), _) => quote!(#value),
            (Self::Integer(value), Shape::Number) => {
                let literal = syn::LitFloat::new(&format!("{value}.0"), proc_macro2::Span::call_site());
                quote!(#literal)
            }
            (Self::Integer(value), _) => {
                let literal = proc_macro2::Literal::i128_unsuffixed(*value);
                quote!(#literal)
            }
            (Self::Number(value), _) => {
                let literal = proc_macro2::Literal::f64_unsuffixed(*value);
                quote!(#literal)
            }
            (Self::List(_), _) => quote!(::std::vec::Vec::new()),
        }
    }

    /// The literal as JSON.
    pub(crate) fn value(&self) -> Value {
        match self {
            Self::Bool(value) => (*value).into(),
            Self::Integer(value) => serde_json::Number::from_i128(*value).map_or(Value::Null, Value::Number),
            Self::Number(value) => (*value).into(),
            Self::Text(text) => text.as_str().into(),
            Self::List(items) => items.iter().map(Self::value).collect(),
        }
    }

    /// Rust code for a constant of the type `Literal`.
    pub(crate) fn constant(&self) -> TokenStream {
        let literal = match self {
            Self::Bool(value) => quote!(Bool(#value)),
            Self::Integer(value) => quote!(Integer(#value)),
            Self::Number(value) => quote!(Number(#value)),
            Self::Text(text) => quote!(Text(#text)),
            Self::List(items) => {
                let items = items.iter().map(Self::constant);
                quote!(List(&[#(#items),*]))
            }
        };
        quote!(::genomenas_plugin::__private::Literal::#literal)
    }
}
