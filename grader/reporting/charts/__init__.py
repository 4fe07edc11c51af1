"""Small charts as inline SVG, themed by the style sheet, each with its words."""
