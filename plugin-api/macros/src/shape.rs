//! The types that a parameter can have, read from the syntax of a field's type.

use syn::{GenericArgument, PathArguments, Type};

/// What a field's type says about its values.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Shape {
    Bool,
    /// An integer and the range of its Rust type.
    Integer {
        least: i128,
        most: i128,
    },
    Number,
    Text,
    List(Box<Shape>),
    Optional(Box<Shape>),
}

impl Shape {
    /// Reads a field's type.
    pub(crate) fn of(field_type: &Type) -> syn::Result<Self> {
        let refuse = || {
            syn::Error::new_spanned(
                field_type,
                "a parameter is a bool, an integer of up to 64 bits, f32, f64, String, a Vec of one of those, or an \
                 Option of any of these; for a choice write a String with #[parameter(one_of = [\"…\", …])]",
            )
        };
        let Type::Path(path) = field_type else {
            return Err(refuse());
        };
        let Some(segment) = path.path.segments.last() else {
            return Err(refuse());
        };
        let inner = match &segment.arguments {
            PathArguments::None => None,
            PathArguments::AngleBracketed(arguments) => match arguments.args.first() {
                Some(GenericArgument::Type(inner)) if arguments.args.len() == 1 => Some(Self::of(inner)?),
                _ => return Err(refuse()),
            },
            PathArguments::Parenthesized(_) => return Err(refuse()),
        };
        match (segment.ident.to_string().as_str(), inner) {
            ("bool", None) => Ok(Self::Bool),
            ("u8", None) => Ok(Self::integer::<u8>()),
            ("u16", None) => Ok(Self::integer::<u16>()),
            ("u32", None) => Ok(Self::integer::<u32>()),
            ("u64" | "usize", None) => Ok(Self::integer::<u64>()),
            ("i8", None) => Ok(Self::integer::<i8>()),
            ("i16", None) => Ok(Self::integer::<i16>()),
            ("i32", None) => Ok(Self::integer::<i32>()),
            ("i64" | "isize", None) => Ok(Self::integer::<i64>()),
            ("f32" | "f64", None) => Ok(Self::Number),
            ("String", None) => Ok(Self::Text),
            ("Vec", Some(inner)) if !matches!(inner, Self::List(_) | Self::Optional(_)) => {
                Ok(Self::List(Box::new(inner)))
            }
            ("Option", Some(inner)) if !matches!(inner, Self::Optional(_)) => Ok(Self::Optional(Box::new(inner))),
            _ => Err(refuse()),
        }
    }

    /// The shape of one value: without the list and the option around it.
    pub(crate) fn scalar(&self) -> &Self {
        match self {
            Self::List(inner) | Self::Optional(inner) => inner.scalar(),
            _ => self,
        }
    }

    fn integer<T: IntegerType>() -> Self {
        Self::Integer { least: T::LEAST, most: T::MOST }
    }
}

/// The range of a Rust integer.
trait IntegerType {
    const LEAST: i128;
    const MOST: i128;
}

macro_rules! integer_types {
    ($($name:ty),*) => {$(
        impl IntegerType for $name {
            const LEAST: i128 = <$name>::MIN as i128;
            const MOST: i128 = <$name>::MAX as i128;
        }
    )*};
}

integer_types!(u8, u16, u32, u64, i8, i16, i32, i64);
